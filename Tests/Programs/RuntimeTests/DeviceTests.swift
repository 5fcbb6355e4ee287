import Glibc
import Linux
import OCI
import Testing

/// config-linux.md, "Devices", "Default Devices", "Device allow list"; runtime-linux.md, "Dev symbolic links".
@Suite(.enabled(if: TestHost.canRun, TestHost.reason)) struct DeviceTests {
    let engine: Engine

    init() throws { engine = try Engine() }

    /// The default devices are those, with mode 0666, and work; the links are there.
    @Test func defaults() throws {
        let answer = try engine.run(
            """
            cd /dev; for d in null zero full random urandom tty; do stat -c '%n %a %t:%T' $d; done
            for l in fd stdin stdout stderr ptmx; do readlink $l; done
            echo lost > null && head -c 3 zero | wc -c; echo x > full
            """)
        #expect(
            answer.output == """
                null 666 1:3
                zero 666 1:5
                full 666 1:7
                random 666 1:8
                urandom 666 1:9
                tty 666 5:0
                /proc/self/fd
                /proc/self/fd/0
                /proc/self/fd/1
                /proc/self/fd/2
                pts/ptmx
                3

                """)
        #expect(answer.complaints.contains("No space left"))
    }

    /// Further devices: exact mode whatever the umask, owner, FIFOs, directories above.
    @Test func furtherDevices() throws {
        let answer = try engine.run("stat -c '%n %a %u %g %t:%T %F' /dev/sub/one /dev/pipe /dev/two") {
            $0.linux?.devices = [
                .init(type: "c", path: "/dev/sub/one", major: 1, minor: 7, fileMode: 0o622, uid: 12, gid: 34),
                .init(type: "p", path: "/dev/pipe", fileMode: 0o777),
                .init(type: "u", path: "/dev/two", major: 1, minor: 3),
            ]
        }
        #expect(
            answer.output == """
                /dev/sub/one 622 12 34 1:7 character special file
                /dev/pipe 777 0 0 0:0 fifo
                /dev/two 666 0 0 1:3 character special file

                """, "\(answer.complaints)")
    }

    /// Of two devices with one path the first is made, and the other told.
    @Test func listedTwice() throws {
        let answer = try engine.run("stat -c '%t:%T' /dev/x") {
            $0.linux?.devices = [
                .init(type: "c", path: "/dev/x", major: 1, minor: 3),
                .init(type: "c", path: "/dev/x", major: 1, minor: 5),
            ]
        }
        #expect(answer.output == "1:3\n", "\(answer.complaints)")
        #expect(answer.complaints.contains("linux.devices[1].path"), "\(answer.complaints)")
    }

    /// Where an image has no /dev mounted over, the devices are made in its own.
    @Test func withoutMount() throws {
        let answer = try engine.run("stat -c '%t:%T' /dev/null && echo x > /dev/null && echo fine") {
            $0.mounts.removeAll { $0.destination.hasPrefix("/dev") }
        }
        #expect(answer.output == "1:3\nfine\n", "\(answer.complaints)")
    }

    /// In a /dev that is bound from the host nothing is made.
    @Test func foreignDevices() throws {
        let dev = engine.place + "/dev"
        try SystemFile.makeDirectories(dev)
        let answer = try engine.run("ls /dev; true") {
            $0.mounts.removeAll { $0.destination.hasPrefix("/dev") }
            $0.mounts.append(.init(destination: "/dev", type: "bind", source: dev, options: ["rbind"]))
            $0.linux?.maskedPaths = []
        }
        #expect(answer.status == 0, "\(answer.complaints)")
        #expect(answer.output.isEmpty)
    }

    /// An image's own node of that name is kept only where it is the same device; another is refused.
    @Test func nodeOfTheImage() throws {
        mknod(engine.rootfs + "/dev/null", 0o020600, 0x103)
        mknod(engine.rootfs + "/dev/zero", 0o020600, 0x103)
        let answer = try engine.run("true") { $0.mounts.removeAll { $0.destination.hasPrefix("/dev") } }
        #expect(answer.status == 1)
        #expect(answer.complaints.contains("/dev/zero"))
    }

    /// Engines list what a privileged container has of the host's: what is there already and right is left, /dev/ptmx stays the
    /// link to the container's own, a mount of the configuration stays, a trailing slash means nothing, and a default device
    /// that is listed is as the list says.
    @Test func whatIsThereAlready() throws {
        let file = try engine.write("a file\n", to: "file")
        let script = "cd /dev; readlink ptmx; stat -c '%n %a %u %t:%T' null zero tty full one; cat bound"
        let answer = try engine.run(script) {
            $0.mounts.append(.init(destination: "/dev/bound", type: "bind", source: file, options: ["bind"]))
            $0.linux?.devices = [
                .init(type: "c", path: "/dev/ptmx", major: 5, minor: 2),
                .init(type: "c", path: "/dev/zero", major: 1, minor: 3, uid: 7),
                .init(type: "c", path: "/dev/zero", major: 1, minor: 3),
                .init(type: "c", path: "/dev/null", major: 1, minor: 3, fileMode: 0o600),
                .init(type: "c", path: "/dev/tty/", major: 5, minor: 0),
                .init(type: "c", path: "//dev/./one/", major: 1, minor: 5, fileMode: 0o640),
                .init(type: "c", path: "/dev/bound", major: 1, minor: 5),
            ]
        }
        #expect(
            answer.output == """
                pts/ptmx
                null 600 0 1:3
                zero 666 7 1:3
                tty 666 0 5:0
                full 666 0 1:7
                one 640 0 1:5
                a file

                """, "\(answer.complaints)")
    }

    /// A read-only /dev has its devices, its mounts, and a terminal's console.
    @Test(arguments: [true, false]) func readOnly(terminal: Bool) throws {
        let answer = try engine.run("cd /dev; touch x; stat -c %t:%T null; touch shm/x && echo shm; stat -c %F console")
        {
            for index in $0.mounts.indices where $0.mounts[index].destination == "/dev" {
                $0.mounts[index].options.append("ro")
            }
            $0.linux?.devices = [.init(type: "c", path: "/dev/sub/one", major: 1, minor: 7)]
            $0.process?.terminal = terminal
        }
        #expect((answer.output + answer.complaints).contains("x: Read-only file system"), "\(answer)")
        #expect(answer.output.contains("1:3"))
        #expect(answer.output.contains("shm"))
        #expect(answer.output.contains("character special file") == terminal)
    }

    /// The list decides what may be opened; with a node made by hand as well.
    @Test(.enabled(if: TestHost.hasController("devices") || TestHost.layout?.unified != nil, "no way to limit devices"))
    func allowList() throws {
        // 10:200 is the tunnel device, which anybody may open.
        let script = "mknod /tmp/k c 10 200; mknod /tmp/n c 1 3; cat < /tmp/k; cat /tmp/n && echo null"
        let denied = try engine.run(script)
        #expect(denied.output == "null\n")
        #expect(denied.complaints.contains("/tmp/k"))
        #expect(denied.complaints.contains("not permitted"))
        let allowed = try engine.run("true < /tmp/k && echo opened") {
            $0.linux?.resources?.devices.append(.init(allow: true, type: "c", major: 10, minor: 200, access: "r"))
        }
        #expect(allowed.output == "opened\n", "\(allowed.complaints)")
    }
}
