import Glibc
import Linux
import OCI
import Testing

/// Links and races that lead mounts out of a container, or away from what they should cover. Each attack works against a
/// naive launch and fails here.
@Suite(.enabled(if: TestHost.canRun, TestHost.reason)) struct MountAttackTests {
    let engine: Engine

    init() throws { engine = try Engine() }

    /// A directory outside of every root, as the host's /etc is.
    private func outside() throws -> String {
        let path = engine.place + "/outside"
        try SystemFile.makeDirectories(path + "/target")
        try engine.write("outside\n", to: path + "/target/file")
        return path
    }

    /// CVE-2021-30465, CVE-2019-19921 and the like: a link in the image in place of a mount's target, absolute and with
    /// dots. A naive mount by path lands on the host's directory, where the program finds the host's file system under it.
    @Test(arguments: [false, true]) func linkInPlaceOfTarget(withDots: Bool) throws {
        let outside = try outside()
        let up = String(repeating: "../", count: 20)
        symlink((withDots ? up : "/") + outside.dropFirst() + "/target", engine.rootfs + "/data/link")

        // Naive: the tmpfs lands on the host's directory, whose file is out of sight then; and a bind shows it inside.
        #expect(throws: SystemError.self, "the negative control does not attack") {
            try NaiveLaunch.run(
                engine, "true", root: engine.rootfs,
                mounts: [.init(source: "tmpfs", target: "/data/link", type: "tmpfs")],
                before: [.writeFile(path: outside + "/target/file", content: "x")])
        }
        let naive = try NaiveLaunch.run(
            engine, "cat /mnt/file", root: engine.rootfs,
            mounts: [.init(source: engine.rootfs + "/data/link", target: "/mnt")])
        #expect(naive.output == "outside\n", "the negative control does not attack")

        let answer = try engine.run("touch /data/link/mark && ls /data/link; ls \(outside) && echo escaped") {
            $0.mounts.append(.init(destination: "/data/link", type: "tmpfs", source: "tmpfs"))
        }
        #expect(answer.output.hasPrefix("mark\n"), "\(answer.complaints)")
        #expect(try SystemFile.names(in: outside + "/target") == ["file"])
        #expect(Engine.text(outside + "/target/file") == "outside\n")
    }

    /// CVE-2021-30465 as it was: two containers share a volume; the first swaps a directory in it for a link while the
    /// second is created with a mount below the volume. Whatever the moment, the host's tree is never what is mounted on.
    @Test func swappedLinkInSharedVolume() throws {
        let outside = try outside()
        let volume = engine.place + "/volume"
        try SystemFile.makeDirectories(volume + "/directory")
        symlink(outside + "/target", volume + "/link")
        // renameat2(RENAME_EXCHANGE) has no command here; two renames in a loop are as good an attacker.
        let attacker = try engine.started(
            "cd /volume; while :; do mv directory spare && mv link directory && mv directory link && mv spare directory; done"
        ) {
            $0.mounts.append(.init(destination: "/volume", type: "bind", source: volume, options: ["rbind"]))
        }
        var (succeeded, refused) = (0, 0)
        for _ in 0..<40 {
            let answer = try engine.run("true") {
                $0.mounts += [
                    .init(destination: "/volume", type: "bind", source: volume, options: ["rbind"]),
                    .init(destination: "/volume/directory/below", type: "tmpfs", source: "tmpfs"),
                ]
            }
            if answer.status == 0 { succeeded += 1 } else { refused += 1 }
            #expect(!SystemFile.exists(outside + "/target/below"), "a directory was made outside")
        }
        #expect(succeeded > 0)
        try attacker.remove()
        #expect(try SystemFile.names(in: outside + "/target") == ["file"])
    }

    /// CVE-2023-27561, CVE-2019-19921: /proc as a link in the image to a directory of its own, so that masks and
    /// parameters go astray. The link is followed inside; what is masked is masked where /proc really is, or nothing runs.
    @Test(arguments: ["/data/fake", "../data/fake", "data/fake"]) func procAsLink(target: String) throws {
        let root = engine.rootfs
        rmdir(root + "/proc")
        try SystemFile.makeDirectories(root + "/data/fake")
        symlink(target, root + "/proc")
        let (container, answer) = try engine.create(
            engine.configuration("wc -c < /proc/interrupts; echo 1 > /proc/sys/kernel/panic"))
        guard answer.status == 0 else {
            // Refused: as safe.
            #expect(answer.complaints.contains("/proc"))
            #expect(engine.traces(of: container.id) == [])
            return
        }
        #expect(try container.call("start").status == 0)
        try container.awaitEnd()
        #expect(container.streams.output == "0\n", "\(container.streams.complaints)")
        #expect(container.streams.complaints.contains("Read-only file system"))
        try container.remove()
    }

    /// CVE-2019-16884: a volume of the image mounted over /proc, with files of the attacker's in place of the kernel's:
    /// labels and parameters would be written to those. A destination that is not /proc but leads there is refused.
    @Test func mountOverProc() throws {
        symlink("/proc", engine.rootfs + "/data/p")
        for destination in ["/data/p/sys", "/data/p", "/data/p/self/attr"] {
            let (container, answer) = try engine.create(
                engine.configuration("true") {
                    $0.mounts.append(.init(destination: destination, type: "tmpfs", source: "tmpfs"))
                })
            #expect(answer.status == 1, "\(destination)")
            #expect(answer.complaints.contains(destination))
            #expect(engine.traces(of: container.id) == [])
        }
        // Naive: it covers the kernel's files, and a masked path below is the attacker's own.
        let naive = try NaiveLaunch.run(
            engine, "test -e /proc/sys/kernel || echo covered", root: engine.rootfs,
            after: [
                .mount(source: "proc", target: "/proc", type: "proc", flags: [], data: ""),
                .cloneTree(slot: 0, source: "/tmp", recursive: false),
                .mount(source: "/tmp", target: "/data/p/sys", type: "", flags: [.bind], data: ""),
            ])
        #expect(naive.output == "covered\n", "\(naive.complaints)")
    }

    /// CVE-2025-52881: what is written to /proc/sys must reach the kernel's parameter, not a file that a mount put in its
    /// place: here another parameter of the host. The write is refused.
    @Test func misdirectedWrites() throws {
        let source = engine.place + "/bent"
        try engine.write("untouched\n", to: source)
        for mounts in [
            [
                RuntimeConfiguration.Mount(
                    destination: "/proc/sys/net/ipv4/ip_forward", type: "bind", source: source, options: ["bind"])
            ],
            [.init(destination: "/proc/sys/net/ipv4", type: "tmpfs", source: "tmpfs")],
            [
                .init(
                    destination: "/proc/sys/net/ipv4/ip_forward", type: "bind", source: "/proc/sys/kernel/ns_last_pid",
                    options: ["bind"])
            ],
        ] {
            let (container, answer) = try engine.create(
                engine.configuration("true") {
                    $0.mounts += mounts
                    $0.linux?.sysctl = ["net.ipv4.ip_forward": "1"]
                })
            #expect(answer.status == 1)
            #expect(answer.complaints.contains("/proc/sys/net/ipv4/ip_forward"), "\(answer.complaints)")
            #expect(engine.traces(of: container.id) == [])
            #expect(Engine.text(source) == "untouched\n")
        }
        // Naive: an ordinary open and write reaches the attacker's choice.
        let naive = try engine.shell(
            "unshare -m --propagation private sh -c 'mount --bind \(source) /proc/sys/kernel/domainname && echo 1 > /proc/sys/kernel/domainname'"
        )
        #expect(naive.status == 0, "\(naive.complaints)")
        #expect(Engine.text(source) == "1\n")
    }

    /// CVE-2025-31133: /dev/null in the image's /dev replaced by a link: binding "it" over a masked path would bind what the
    /// link leads to, writable. The mask is the null device or nothing runs.
    @Test(arguments: [false, true]) func nullDeviceAsLink(deviceIsMountedOver: Bool) throws {
        symlink("/proc/sys/kernel/core_pattern", engine.rootfs + "/dev/null")
        let (container, answer) = try engine.create(
            engine.configuration("cat /proc/interrupts | wc -c; stat -c %t:%T /dev/null") {
                if !deviceIsMountedOver { $0.mounts.removeAll { $0.destination.hasPrefix("/dev") } }
            })
        if deviceIsMountedOver {
            #expect(answer.status == 0)
            #expect(try container.call("start").status == 0)
            try container.awaitEnd()
            #expect(container.streams.output == "0\n1:3\n")
            try container.remove()
        } else {
            #expect(answer.status == 1)
            #expect(answer.complaints.contains("/dev/null"))
            #expect(engine.traces(of: container.id) == [])
            // Naive: the bound "null device" is the kernel's parameter, which then is what stands for the masked file.
            let naive = try NaiveLaunch.run(
                engine, "cat /proc/interrupts", root: engine.rootfs,
                after: [
                    .mount(source: "proc", target: "/proc", type: "proc", flags: [], data: ""),
                    .mount(source: "/dev/null", target: "/proc/interrupts", type: "", flags: [.bind], data: ""),
                ])
            #expect(naive.output == Engine.text("/proc/sys/kernel/core_pattern"))
        }
    }

    /// CVE-2025-52565: /dev/console and /dev/pts of the image as links: the terminal's mount would land elsewhere, on a
    /// file of /proc. It lands on /dev/console itself or nothing runs.
    @Test(arguments: ["/dev/console", "/dev/pts/ptmx", "/dev/ptmx"]) func consoleAsLink(path: String) throws {
        let parent = path.hasPrefix("/dev/pts") ? engine.rootfs + "/dev/pts" : engine.rootfs + "/dev"
        try SystemFile.makeDirectories(parent)
        symlink("/proc/sys/kernel/core_pattern", engine.rootfs + path)
        var configuration = engine.configuration(
            "cat /proc/self/mountinfo; cat /proc/sys/kernel/core_pattern > /dev/null && echo readable"
        ) {
            $0.process?.terminal = true
        }
        // The image's own /dev, with a devpts below it.
        configuration.mounts.removeAll {
            $0.destination == "/dev" || $0.destination == "/dev/shm" || $0.destination == "/dev/mqueue"
        }
        let bundle = try engine.bundle(configuration)
        let before = Engine.text("/proc/sys/kernel/core_pattern")
        let id = engine.name()
        let answer = try engine.call("run", "--bundle", bundle, id)
        #expect(!answer.output.contains("/proc/sys/kernel/core_pattern rw"), "\(answer.output)")
        #expect(
            answer.status == 1 && answer.complaints.contains("ioctl") || answer.output.contains("readable")
                || !answer.complaints.isEmpty)
        #expect(Engine.text("/proc/sys/kernel/core_pattern") == before)
        #expect(engine.traces(of: id) == [])
    }

    /// The root itself swapped for a link while containers are made: what is entered is a directory of the bundle's, never
    /// the host's.
    @Test func rootSwappedForLink() throws {
        let other = engine.place + "/other"
        rename(engine.rootfs, other)
        symlink("other", engine.rootfs)
        let swapper = try engine.begin([
            "/bin/sh", "-c",
            "cd \(engine.place); ln -s / evil; while :; do ln -sfn / rootfs; ln -sfn other rootfs; done",
        ])
        defer {
            try? swapper.process.kill()
            _ = try? swapper.process.wait()
        }
        var (inside, refused) = (0, 0)
        for _ in 0..<40 {
            let answer = try engine.run("test -e /etc/passwd && echo escaped; test -x /bin/busybox && echo inside")
            if answer.output == "inside\n" { inside += 1 }
            if answer.status == 1 { refused += 1 }
            // The host's own root as a container's would be seen by its /etc/passwd.
            #expect(answer.output.contains("escaped") == false || answer.complaints.contains("root"))
        }
        #expect(inside + refused > 0)
    }
}
