import Glibc
import Linux
import OCI
import TestSupport
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
    ///
    /// Naive: the target is looked at, found to be a directory, and mounted on by its path: at times that is a link by then.
    @Test func swappedLinkInSharedVolume() throws {
        let outside = try outside()
        let volume = engine.place + "/volume"
        try SystemFile.makeDirectories(volume + "/directory")
        try SystemFile.makeDirectories(engine.rootfs + "/volume")
        symlink(outside + "/target", volume + "/link")
        // The naive launch looks at the path, finds a directory, and mounts on the path; what is between is a moment, however short.
        #expect(Self.isDirectory(volume + "/directory"))
        let exchange = ["mv -T directory spare", "mv -T link directory"].joined(separator: " && ")
        try #require(try engine.shell("cd \(volume) && \(exchange)").status == 0)
        _ = try NaiveLaunch.run(
            engine, "true", root: engine.rootfs,
            mounts: [
                .init(source: volume, target: "/volume"),
                .init(source: "tmpfs", target: "/volume/directory/below", type: "tmpfs"),
            ])
        let trace = outside + "/target/below"
        #expect(SystemFile.exists(trace), "the negative control does not attack")
        rmdir(trace)
        try #require(try engine.shell("cd \(volume) && mv -T directory link && mv -T spare directory").status == 0)

        func victim() throws -> Engine.Answer {
            try engine.run("touch /volume/directory/below/mark; echo ran") {
                $0.mounts += [
                    .init(destination: "/volume", type: "bind", source: volume, options: ["rbind"]),
                    .init(destination: "/volume/directory/below", type: "tmpfs", source: "tmpfs"),
                ]
            }
        }
        // What a victim makes meanwhile in the directory's place is thrown away: the swapping goes on.
        let attacker = try engine.started(
            """
            cd /volume; while :; do mv -T directory spare; rm -rf directory; mv -T link directory
            mv -T directory link; rm -rf directory; mv -T spare directory; done 2>/dev/null
            """
        ) {
            $0.mounts.append(.init(destination: "/volume", type: "bind", source: volume, options: ["rbind"]))
        }
        for _ in 0..<40 {
            let answer = try victim()
            if answer.status == 0 {
                #expect(answer.output == "ran\n")
            } else {
                #expect(answer.status == 1)
                #expect(answer.complaints.contains("/volume/directory/below"), "\(answer.complaints)")
            }
            #expect(!SystemFile.exists(trace), "a directory was made outside")
        }
        try attacker.remove()
        #expect(try SystemFile.names(in: outside + "/target") == ["file"])
        // In peace it runs.
        try #require(try engine.shell("cd \(volume) && rm -rf directory spare link && mkdir directory").status == 0)
        #expect(try victim().output == "ran\n")
    }

    private static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// CVE-2023-27561, CVE-2019-19921: /proc or /sys as a link in the image to a directory of its own. The kernel's files come
    /// where their name says or nothing runs.
    @Test(arguments: ["/data/fake", "../data/fake", "data/fake"]) func procAsLink(target: String) throws {
        try linkProc(to: target)
        for sysctl: RuntimeConfiguration.KernelParameters in [[:], ["net.ipv4.ip_forward": "1"]] {
            let (container, answer) = try engine.create(engine.configuration("true") { $0.linux?.sysctl = sysctl })
            #expect(answer.status == 1)
            #expect(answer.complaints.contains("on /proc: Too many levels of symbolic links"), "\(answer.complaints)")
            #expect(engine.traces(of: container.id) == [])
        }
        unlink(engine.rootfs + "/proc")
        try SystemFile.makeDirectories(engine.rootfs + "/proc")
        rmdir(engine.rootfs + "/sys")
        symlink(target, engine.rootfs + "/sys")
        let answer = try engine.run("true")
        #expect(answer.status == 1)
        #expect(answer.complaints.contains("on /sys: Too many levels of symbolic links"), "\(answer.complaints)")
    }

    private func linkProc(to target: String) throws {
        rmdir(engine.rootfs + "/proc")
        try SystemFile.makeDirectories(engine.rootfs + "/data/fake")
        symlink(target, engine.rootfs + "/proc")
    }

    /// The same with the link swapped by somebody who shares the image while the container is made. Naive: procfs is mounted
    /// where the link leads at first, masks and read-only paths are where it leads afterwards.
    @Test func procAsSwappedLink() throws {
        try linkProc(to: "/data/fake")
        let decoy = engine.rootfs + "/data/decoy"
        try SystemFile.makeDirectories(decoy + "/sys")
        try engine.write("", to: decoy + "/interrupts")
        let script = """
            for p in /proc /data/fake /data/decoy; do cat $p/interrupts; done | wc -c
            for p in /proc /data/fake /data/decoy; do cat $p/sys/kernel/panic > $p/sys/kernel/panic && echo written; done 2>/dev/null
            exit 0
            """
        let swap = ChildHook(
            path: "/bin/sh", arguments: ["sh", "-c", "ln -s /data/decoy /link && mv -T /link /proc"],
            environment: ["PATH=/bin"], input: "")
        // The launch's own step would refuse the link.
        let mount = ChildHook(
            path: "/bin/mount", arguments: ["mount", "-t", "proc", "proc", "/proc"], environment: [], input: "")
        let naive = try NaiveLaunch.run(
            engine, script, root: engine.rootfs,
            after: [
                .hook(mount), .hook(swap),
                .mount(source: "/dev/null", target: "/proc/interrupts", type: "", flags: [.bind], data: ""),
                .makeReadOnly(path: "/proc/sys"),
            ], devices: true)
        let lines = naive.output.split(separator: "\n")
        #expect(lines.count == 2 && lines[0] != "0" && lines[1] == "written", "\(naive.output) \(naive.complaints)")

        // The link is refused. Of two directories in each other's place the real one is covered, or nothing runs.
        let links = "ln -s /data/fake a; mv -T a proc; ln -s /data/decoy a; mv -T a proc"
        #expect(try succeeded(of: 20, script, while: links) == 0)
        unlink(engine.rootfs + "/proc")
        try SystemFile.makeDirectories(engine.rootfs + "/proc")
        let directories =
            "mv -T proc data/fake; mv -T data/decoy proc; mv -T proc data/decoy; rmdir proc; mv -T data/fake proc"
        rmdir(engine.rootfs + "/data/fake")
        _ = try succeeded(of: 60, script, while: directories)
        // In peace it runs.
        let restored = try engine.shell("cd \(engine.rootfs) && rm -rf proc data/fake data/decoy && mkdir proc")
        try #require(restored.status == 0, "\(restored.complaints)")
        #expect(try engine.run(script) { $0.linux?.sysctl = [:] }.output == "0\n")
    }

    /// Runs a script again and again while the image is changed by the host: what succeeds must have found nothing.
    private func succeeded(of count: Int, _ script: String, while changes: String) throws -> Int {
        let (swapper, _) = try engine.begin(["/bin/sh", "-c", "cd \(engine.rootfs); while :; do \(changes); done 2>&1"])
        defer {
            try? swapper.kill()
            _ = try? swapper.wait(for: "swap", within: 60)
        }
        return try (0..<count).count { _ in
            let answer = try engine.run(script) { $0.linux?.sysctl = [:] }
            if answer.status != 0 { #expect(answer.status == 1, "\(answer.complaints)") }
            #expect(answer.status != 0 || answer.output == "0\n", "\(answer.output) \(answer.complaints)")
            return answer.status == 0
        }
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

    /// CVE-2025-52565: /dev/console, /dev/ptmx and what is in /dev/pts as links of the image: the terminal's mount would land
    /// elsewhere, on a file of /proc, or bring a file of /proc, before anything is read-only. It lands on /dev/console itself.
    @Test(arguments: ["console", "ptmx", "pts/ptmx", "pts/0"]) func consoleAsLink(name: String) throws {
        try SystemFile.makeDirectories(engine.rootfs + "/dev/pts")
        let parameter = "/proc/sys/kernel/core_pattern"
        let before = Engine.text(parameter)
        symlink(parameter, engine.rootfs + "/dev/" + name)
        let script = """
            grep -c '/proc/sys/kernel' /proc/self/mountinfo; stat -c %F /dev/console
            cat /proc/sys/kernel/core_pattern; { true >> /proc/sys/kernel/core_pattern; } 2>/dev/null && echo writable; exit 0
            """
        var configuration = engine.configuration(script) { $0.process?.terminal = true }
        // The image's own /dev, with a devpts below it.
        configuration.mounts.removeAll { ["/dev", "/dev/shm", "/dev/mqueue"].contains($0.destination) }
        let id = engine.name()
        let answer = try engine.call("run", "--bundle", try engine.bundle(configuration), id)
        #expect(answer.status == 0, "\(answer.complaints)")
        let lines = answer.output.split(whereSeparator: \.isNewline).joined(separator: "\n")
        #expect(lines + "\n" == "0\ncharacter special file\n" + before, "\(answer.output)")
        #expect(Engine.text(parameter) == before)
        #expect(engine.traces(of: id) == [])
    }

    /// The negative control: a launch that binds the terminal by path, from /dev/pts/0 to /dev/console. One of the two as a link
    /// covers the kernel's parameter; the other is the parameter, to be written in spite of a read-only /proc/sys.
    @Test(arguments: [true, false]) func consoleAsLinkForNaiveLaunch(linkIsTarget: Bool) throws {
        try SystemFile.makeDirectories(engine.rootfs + "/dev/pts")
        let parameter = "/proc/sys/kernel/core_pattern"
        symlink(parameter, engine.rootfs + (linkIsTarget ? "/dev/console" : "/dev/pts/0"))
        try engine.write("terminal\n", to: engine.rootfs + (linkIsTarget ? "/dev/pts/0" : "/dev/console"))
        let naive = try NaiveLaunch.run(
            engine, "cat \(linkIsTarget ? parameter : "/dev/console"); { true >> /dev/console; } && echo writable",
            root: engine.rootfs,
            after: [
                .mount(source: "proc", target: "/proc", type: "proc", flags: [], data: ""),
                .mount(source: "/dev/pts/0", target: "/dev/console", type: "", flags: [.bind], data: ""),
                .makeReadOnly(path: "/proc/sys"),
            ])
        let expected = linkIsTarget ? "terminal\n" : Engine.text(parameter) + "writable\n"
        #expect(naive.output.hasPrefix(expected), "the negative control does not attack: \(naive.complaints)")
    }

    /// The root itself swapped for a link to another tree while containers are made: what is entered is the bundle's directory or
    /// nothing. Naive: the path is looked at, found to be a directory, and bound and entered by its path.
    @Test func rootSwappedForLink() throws {
        let other = engine.place + "/other"
        try #require(try ProcessPlan("cp", ["-a", engine.rootfs, other]).spawn().wait().succeeded)
        try engine.write("the other tree\n", to: other + "/data/whose")
        try engine.write("the bundle's\n", to: engine.rootfs + "/data/whose")
        symlink("other", engine.place + "/evil")
        // The naive launch has looked at the path and found a directory.
        #expect(Self.isDirectory(engine.rootfs))
        try #require(try engine.shell("cd \(engine.place) && mv -T rootfs spare && mv -T evil rootfs").status == 0)
        let naive = try NaiveLaunch.run(engine, "cat /data/whose", root: engine.rootfs)
        #expect(naive.output == "the other tree\n", "the negative control does not attack: \(naive.complaints)")
        try #require(try engine.shell("cd \(engine.place) && mv -T rootfs evil && mv -T spare rootfs").status == 0)

        let (swapper, _) = try engine.begin([
            "/bin/sh", "-c",
            """
            cd \(engine.place); while ! test -e stop; do mv -T rootfs spare; mv -T evil rootfs
            mv -T rootfs evil; mv -T spare rootfs; sleep 0.02; done
            """,
        ])
        var isSwapping = true
        defer {
            if isSwapping {
                try? swapper.kill()
                _ = try? swapper.wait(for: "swap", within: 60)
            }
        }
        for _ in 0..<60 {
            let answer = try engine.run("cat /data/whose")
            if answer.status == 0 {
                #expect(answer.output == "the bundle's\n")
            } else {
                #expect(answer.status == 1)
                #expect(answer.output.isEmpty)
                #expect(answer.complaints.contains(engine.rootfs), "\(answer.complaints)")
            }
        }
        // In peace it runs. The swapper ends by itself: killed, it would leave one last move to come.
        try engine.write("", to: "stop")
        isSwapping = false
        try #require(try swapper.wait(for: "swapper", within: 60).succeeded)
        #expect(try engine.run("cat /data/whose").output == "the bundle's\n")
    }

    /// A root that is a link, or the host's own, is refused whatever it leads to.
    @Test func rootAsLink() throws {
        symlink("rootfs", engine.place + "/link")
        for (path, word) in [
            (engine.place + "/link", "not a link"), ("/", "the host's own root"), ("/tmp/..", "own root"),
        ] {
            let answer = try engine.run("true") { $0.root?.path = path }
            #expect(answer.status == 1)
            #expect(answer.complaints.contains("root.path") && answer.complaints.contains(word), "\(answer.complaints)")
        }
        #expect(try engine.run("echo ran") { $0.root?.path = engine.rootfs + "/" }.output == "ran\n")
    }
}
