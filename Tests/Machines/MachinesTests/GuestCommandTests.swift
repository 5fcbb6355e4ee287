import Foundation
import Linux
import Testing

@testable import Machines

@Suite(.enabled(if: GuestPlace.canRun, "needs QEMU, busybox, a guest kernel and a built isolab-vm"), .serialized)
struct GuestCommandTests {
    /// What the command is given is what it sees: environment, directory, user, groups, hostname, no input; what it says
    /// comes out, complaints apart, and so does its status.
    @Test func surroundings() throws {
        let place = try GuestPlace()
        let script = """
            id; pwd; hostname; echo "$WORD"; cat; cat /etc/hosts; cat /sys/class/net/lo/operstate
            test -t 0 || echo no terminal; echo wrong >&2; exit 3
            """
        let command = GuestCommand(
            ["sh", "-c", script], environment: ["PATH=/bin", "WORD=two words, é"], workingDirectory: "/made/here",
            user: 1000, group: 100, additionalGroups: [5, 27], hostname: "den",
            files: [.init(path: "/etc/hosts", content: Array("127.0.0.1 den\n".utf8))])
        let result = try place.run(command, input: Array("not to be seen".utf8))
        #expect(result.exit == .exited(3))
        #expect(
            result.text == """
                uid=1000 gid=100 groups=5,27
                /made/here
                den
                two words, é
                127.0.0.1 den
                unknown
                no terminal

                """)
        #expect(result.complaints == "wrong\n")
        #expect(((try? SystemFile.names(in: place.path + "/state/vm")) ?? []).isEmpty)
    }

    /// Time passes for a command, whatever the machine: a sleep ends, and the clock shows this century.
    @Test(arguments: MachineKind.allCases) func time(machine: MachineKind) throws {
        let place = try GuestPlace()
        var runner = place.runner
        runner.recipe = GuestRecipe(machine: machine, accelerator: AcceleratorReport.probe().forLinux)
        let command = GuestCommand(
            ["sh", "-c", "sleep 1; test $(date +%Y) -gt 2020 && echo later"], environment: ["PATH=/bin"])
        let result = try place.run(command, with: runner)
        #expect(result.exit == .exited(0) && result.text == "later\n", "\(result.complaints)")
    }

    /// Bytes of every kind go in by a pipe and come out again, more of them than fit on the way at once.
    @Test func pipes() throws {
        let place = try GuestPlace()
        var generator = SystemRandomNumberGenerator()
        let input = (0..<(1 << 20)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        let result = try place.run(GuestCommand(["/bin/cat"], attachesInput: true), input: input)
        #expect(result.exit == .exited(0))
        // Not the arrays themselves: where they differ, telling how would take for ever.
        let isSame = result.output == input
        #expect(isSame, "\(result.output.count) bytes of \(input.count)")
        #expect(result.complaints == "")
    }

    /// What cannot be started is told by the statuses that shells use, and in words.
    @Test(arguments: [
        ("absent", 127, "absent: not found in the image"), ("/etc/plain", 126, "/etc/plain: Permission denied"),
    ])
    func notStarted(program: String, status: Int32, words: String) throws {
        let place = try GuestPlace()
        try WholeFile.replace(place.rootfs + "/etc/plain", with: [])
        let result = try place.run(GuestCommand([program], environment: ["PATH=/bin:/nowhere"]))
        #expect(result.exit.shellStatus == status)
        guard case .notStarted(let failure) = result.exit else { throw TestProblem("it was started") }
        #expect(failure.description == words)
    }

    /// A command that a signal ends, ends so for the caller; processes it left behind hold nothing up.
    @Test func killed() throws {
        let place = try GuestPlace()
        let result = try place.run(GuestCommand(["/bin/sh", "-c", "/bin/sleep 1000 & kill -9 $$"]))
        #expect(result.exit == .signalled(9))
        #expect(result.exit.shellStatus == 137)
    }

    /// Where the caller's reader goes, the command gets what a pipe would give it.
    @Test func brokenPipe() throws {
        let place = try GuestPlace()
        let pipe = Pipe()
        try pipe.fileHandleForReading.close()
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDWR)
        let exit = try place.runner.run(
            GuestCommand(["/bin/yes"]), root: place.root,
            streams: GuestStreams(
                input: null.number, output: pipe.fileHandleForWriting.fileDescriptor, error: null.number),
            relaysSignals: false)
        #expect(exit == .signalled(SIGPIPE))
    }

    /// A terminal has the size that was asked for, Ctrl-C reaches the command, and the caller's terminal is as it was.
    @Test func terminal() throws {
        let place = try GuestPlace()
        let own = try TestTerminal()
        let before = own.mode
        let exit = Waitable<Result<GuestExit, any Error>?>(nil)
        let command = GuestCommand(
            ["sh", "-c", "tty; stty size; test -t 2 && echo errors too >&2; echo ready; exec sleep 1000"],
            environment: ["PATH=/bin"], terminal: TerminalSize(rows: 33, columns: 101), attachesInput: true)
        let (runner, root, peer) = (place.runner, place.root, own.peer)
        BackgroundThread.start {
            let result = Result {
                try runner.run(
                    command, root: root, streams: GuestStreams(input: peer, output: peer, error: peer),
                    relaysSignals: false)
            }
            exit.update { $0 = result }
        }
        let text = own.read(until: "ready\r\n")
        #expect(text == "/dev/pts/0\r\n33 101\r\nerrors too\r\nready\r\n")
        #expect(own.mode.c_lflag & tcflag_t(ICANON | ECHO | ISIG) == 0)
        own.write([3])
        let result = try #require(exit.wait(.seconds(60)) { $0 })
        #expect(try result.get() == .signalled(SIGINT))
        #expect(own.mode.c_lflag == before.c_lflag && own.mode.c_iflag == before.c_iflag)
    }

    /// Several layers on a read-only disk: what is removed above is gone, what is written goes to memory, or nowhere.
    @Test(
        .enabled(if: DiskFormat.erofs.isAvailable, "needs erofs-utils"),
        .enabled(if: geteuid() == 0, "needs root, to merge layers"), arguments: [false, true])
    func disk(readOnly: Bool) throws {
        let place = try GuestPlace()
        let upper = place.path + "/upper"
        try SystemFile.makeDirectories(upper + "/etc")
        try WholeFile.replace(place.rootfs + "/etc/below", with: Array("below".utf8))
        try WholeFile.replace(upper + "/etc/above", with: Array("above\n".utf8))
        mknod(upper + "/etc/below", S_IFCHR, 0)
        chown(upper + "/etc/above", 77, 88)
        var runner = place.runner
        runner.packing = .disk(.erofs)
        let command = GuestCommand(
            [
                "sh", "-c",
                "ls -n /etc; cat /etc/above; echo x > /etc/new; cat /etc/new; echo y > /tmp/new && cat /tmp/new",
            ], environment: ["PATH=/bin"], readOnlyRoot: readOnly)
        let root = GuestRoot.layers([place.rootfs, upper], key: "two", directory: place.path + "/packed")
        let result = try place.run(command, with: runner, root: root)
        #expect(result.exit == .exited(0))
        #expect(result.text.contains(" 77 ") && result.text.contains(" 88 ") && !result.text.contains("below"))
        #expect(result.text.hasSuffix(readOnly ? "above\ny\n" : "above\nx\ny\n"))
        #expect(result.complaints.contains("Read-only file system") == readOnly)
        #expect(try SystemFile.names(in: place.path + "/packed") == ["two.erofs"])
    }

    /// A directory of the host is the guest's too: each reads what the other wrote, with its owner.
    @Test(
        .enabled(
            if: geteuid() == 0 && GuestPlace.hasVirtiofsd,
            "needs root and virtiofsd, which QEMU's packages or one of its own install"))
    func share() throws {
        let place = try GuestPlace()
        let shared = place.path + "/shared"
        try SystemFile.makeDirectories(shared)
        try WholeFile.replace(shared + "/theirs", with: Array("from the host\n".utf8))
        chown(shared + "/theirs", 12, 34)
        let script = "cat theirs; ls -n theirs; echo from the guest > ours"
        let command = GuestCommand(
            ["sh", "-c", script], environment: ["PATH=/bin"], workingDirectory: "/mnt/shared", readOnlyRoot: true,
            shares: [.init(source: shared, target: "/mnt/shared")])
        let result = try place.run(command)
        #expect(result.exit == .exited(0), "\(result.complaints)")
        #expect(
            result.text.hasPrefix("from the host\n") && result.text.contains(" 12 ") && result.text.contains(" 34 "))
        #expect(try SystemFile.read(shared + "/ours") == "from the guest\n")
    }

    /// A file alone is the host's own in the guest, and nothing beside it; what is read-only the host itself keeps so, whatever
    /// root in the guest tries. The host has no mount more meanwhile.
    @Test(
        .enabled(
            if: geteuid() == 0 && GuestPlace.hasVirtiofsd,
            "needs root and virtiofsd, which QEMU's packages or one of its own install"))
    func shareOfFiles() throws {
        let place = try GuestPlace()
        let (own, kept, tree) = (place.path + "/own", place.path + "/kept", place.path + "/tree")
        try WholeFile.replace(own, with: Array("ours\n".utf8))
        try WholeFile.replace(kept, with: Array("kept\n".utf8))
        try SystemFile.makeDirectories(tree)
        try WholeFile.replace(tree + "/x", with: Array("x\n".utf8))
        let script = """
            cat /etc/own /new/kept /tree/x; echo theirs >> /etc/own
            for file in /new/kept /tree/x /tree/new; do echo no > $file; done
            mkdir /proc 2>/dev/null; busybox mount -o remount,rw /tree; echo no > /tree/x
            busybox mount -o remount,rw /new/kept; echo no > /new/kept
            ls /new; ls -a /dev | busybox grep share; cat /etc/own
            """
        let command = GuestCommand(
            ["sh", "-c", script], environment: ["PATH=/bin"],
            shares: [
                .init(source: own, target: "/etc/own"), .init(source: kept, target: "/new/kept", readOnly: true),
                .init(source: tree, target: "/tree", readOnly: true),
            ])
        let result = try place.run(command)
        #expect(result.exit == .exited(0), "\(result.complaints)")
        #expect(result.text == "ours\nkept\nx\nkept\nours\ntheirs\n", "\(result.complaints)")
        #expect(result.complaints.components(separatedBy: "Read-only file system").count >= 5, "\(result.complaints)")
        #expect(try SystemFile.read(own) == "ours\ntheirs\n")
        #expect(try SystemFile.read(kept) == "kept\n" && SystemFile.read(tree + "/x") == "x\n")
        #expect(try SystemFile.names(in: tree) == ["x"])
        #expect(try !SystemFile.read("/proc/self/mountinfo").contains(place.path))
    }

    /// What cannot be shared is said before anything is started.
    @Test func noShare() throws {
        let place = try GuestPlace()
        for source in ["/dev/null", "/nonexistent"] {
            let command = GuestCommand(["true"], shares: [.init(source: source, target: "/p")])
            let error = #expect(throws: GuestError.self) { try place.run(command) }
            #expect(error?.description == "shared directory: \(source) is neither a directory nor a file of this host")
        }
        var runner = place.runner
        runner.connect = "qemu:///system"
        let command = GuestCommand(["true"], shares: [.init(source: "/etc/passwd", target: "/p")])
        let error = #expect(throws: GuestError.self) { try place.run(command, with: runner) }
        #expect(error?.description.contains("/etc/passwd is a single file: guests of a libvirt daemon") == true)
    }

    /// A file's capability is its own in the guest, too: such a root is packed as a disk, however small.
    @Test(.enabled(if: geteuid() == 0, "needs root, to give a file a capability"))
    func capabilities() throws {
        let place = try GuestPlace()
        let program = place.rootfs + "/bin/busybox-capable"
        try WholeFile.copy("/bin/busybox", to: program, mode: 0o755)
        // struct vfs_cap_data (linux/capability.h): revision 2 and effective; CAP_CHOWN, which is bit 0, permitted.
        let capability: [UInt8] = [1, 0, 0, 2, 1, 0, 0, 0] + [UInt8](repeating: 0, count: 12)
        let file = try OwnedDescriptor(opening: program, O_RDONLY)
        try retryingOnInterrupt("fsetxattr", program) {
            FileAttributes.set("security.capability", capability, capability.count, of: file.number)
        }
        let size = try RootSize(of: MergedTree(layers: [place.rootfs]))
        #expect(size.attributed == "bin/busybox-capable" && size.bytes < RootPacking.diskThreshold)
        let script = "echo > /tmp/f; busybox chown 77 /tmp/f || busybox-capable chown 77 /tmp/f; ls -n /tmp/f"
        chmod(place.rootfs + "/tmp", 0o1777)
        let command = GuestCommand(["sh", "-c", script], environment: ["PATH=/bin"], user: 1000, group: 1000)
        let result = try place.run(command)
        #expect(result.exit == .exited(0), "\(result.complaints)")
        #expect(result.text.contains(" 77 ") && result.complaints.contains("not permitted"), "\(result.complaints)")
        #expect(try SystemFile.names(in: place.path + "/packed") == ["busybox.erofs"])
    }

    /// A kernel without the driver that the streams need is told from one that hangs, and what to do is said.
    @Test func noDriver() throws {
        let place = try GuestPlace()
        var runner = place.runner
        // Its modules are not found from there.
        runner.kernel = place.path + "/vmlinuz"
        try WholeFile.copy(try GuestKernel.find().image, to: place.path + "/vmlinuz", mode: 0o644)
        let error = #expect(throws: GuestError.self) { try place.run(GuestCommand(["/bin/true"]), with: runner) }
        #expect(error?.description.contains("its kernel needs virtio_console") == true)
    }

    /// Memory that does not hold the root is refused before anything is started.
    @Test func littleMemory() throws {
        let place = try GuestPlace()
        var runner = place.runner
        runner.packing = .initramfs
        let error = #expect(throws: GuestError.self) {
            try place.run(GuestCommand(["true"], memory: 16 << 20), with: runner, root: place.root)
        }
        #expect(error?.description.hasPrefix("memory: 16 MiB is too little: this root needs ") == true)
    }

    /// A guest whose driver is killed is an error that says so, and nothing of it runs on.
    @Test func killedDriver() throws {
        let place = try GuestPlace()
        let exit = Waitable<Result<GuestExit, any Error>?>(nil)
        let (runner, root) = (place.runner, place.root)
        BackgroundThread.start {
            let result = Result {
                try runner.run(GuestCommand(["/bin/sleep", "1000"]), root: root, relaysSignals: false)
            }
            exit.update { $0 = result }
        }
        var driver: Int32?
        for _ in 0..<600 {
            guard driver == nil else { break }
            usleep(50_000)
            // The guest runs once there is a pid file in libvirt's root.
            let vm = place.path + "/state/vm"
            let isRunning = ((try? SystemFile.names(in: vm)) ?? []).contains { name in
                ((try? SystemFile.names(in: "\(vm)/\(name)/l/run/qemu")) ?? []).contains("isolab-\(getpid()).pid")
            }
            guard isRunning else { continue }
            driver = try Procfs.descendants(of: getpid()).first { pid in
                let words = (try? SystemFile.read("/proc/\(pid)/cmdline")) ?? ""
                return words.contains("isolab-vm") && words.contains(place.path)
            }
        }
        kill(try #require(driver), SIGKILL)
        let result = try #require(exit.wait(.seconds(60)) { $0 })
        #expect(throws: GuestError.self) { try result.get() }
        #expect(GuestLeftovers.processes(using: place.path).isEmpty)
        #expect(GuestLeftovers.find(in: runner.stateDirectory).isEmpty)
    }
}
