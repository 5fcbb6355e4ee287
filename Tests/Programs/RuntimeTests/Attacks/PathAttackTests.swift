import Glibc
import Linux
import OCI
import Testing

/// Links of an image through the kernel's own (/proc/self/fd/N and its like) to what the runtime has open or stands in while it
/// builds the container's tree: with hooks it does so from outside of it. Whatever the number, nothing is made outside, and
/// nothing is read there.
@Suite(.enabled(if: TestHost.canRun, TestHost.reason)) struct PathAttackTests {
    let engine: Engine

    init() throws { engine = try Engine() }

    private func outside() throws -> String {
        let path = engine.place + "/outside"
        try SystemFile.makeDirectories(path)
        return path
    }

    /// Where a process finds files beyond its root: what it has open, its root, its directory; and those of the host's first one.
    private static let ways =
        (3..<28).map { "self/fd/\($0)" } + ["self/root", "self/cwd", "thread-self/root", "1/root"]

    /// What a configuration makes at a path that the image bends.
    enum Made: String, CaseIterable {
        case device, directory, defaults, mount, workingDirectory
    }

    /// A device, the directory above one, the default devices and their links in an image's /dev, a mount's target, and the
    /// working directory. Naive: a shell that has the host's directory open and does the same by path after chroot(2).
    @Test(arguments: Made.allCases) func madeByWayOfLink(what: Made) throws {
        let outside = try outside()
        let naive = try engine.shell(
            """
            exec 7< /; exec unshare -m --propagation private chroot \(engine.rootfs) /bin/sh -c '
            mount -t proc proc /proc; ln -s /proc/self/fd/7\(outside) /data/naive; mkdir /data/naive/made; mknod /data/naive/node c 1 3'
            """)
        #expect(
            try SystemFile.names(in: outside).sorted() == ["made", "node"],
            "the negative control does not attack: \(naive.complaints)")
        rmdir(outside + "/made")
        unlink(outside + "/node")

        let link = what == .defaults ? "/dev" : "/data/link"
        rmdir(engine.rootfs + "/dev")
        if what != .defaults { try SystemFile.makeDirectories(engine.rootfs + "/dev") }
        for way in Self.ways {
            unlink(engine.rootfs + link)
            symlink("/proc/\(way)\(outside)", engine.rootfs + link)
            let (container, answer) = try engine.create(engine.configuration("true") { attack(&$0, what, way) })
            #expect(try SystemFile.names(in: outside) == [], "\(way): \(answer.complaints)")
            // The working directory is looked for last, and is the program's own affair.
            #expect(answer.status == 1, "\(way)")
            #expect(engine.traces(of: container.id) == [])
        }
    }

    private func attack(_ configuration: inout RuntimeConfiguration, _ what: Made, _ way: String) {
        // Hooks, so that the runtime has its own root still in reach.
        configuration.hooks = .init(createContainer: [.init(path: "/bin/true")])
        if way == "1/root" { configuration.linux?.namespaces.removeAll { $0.kind == .pid } }
        switch what {
        case .device:
            configuration.linux?.devices = [.init(type: "c", path: "/data/link/node", major: 1, minor: 3)]
        case .directory:
            configuration.linux?.devices = [.init(type: "c", path: "/data/link/made/node", major: 1, minor: 3)]
        case .defaults:
            configuration.mounts.removeAll { $0.destination.hasPrefix("/dev") }
        case .mount:
            configuration.mounts.append(.init(destination: "/data/link/made", type: "tmpfs", source: "tmpfs"))
        case .workingDirectory:
            configuration.process?.workingDirectory = "/data/link/made"
        }
    }

    /// What a launch does with a tree that is copied up, step by step, as the runtime lays them out with hooks.
    private func copyUp(_ path: String) throws -> Engine.Answer {
        let streams = try engine.streams(input: "")
        let child = ChildProgram(
            [
                .mount(source: "", target: "/", type: "", flags: [.isPrivate, .recursive], data: ""),
                .bindRoot(path: engine.rootfs), .enterRoot(path: engine.rootfs),
                .mount(source: "proc", target: "/proc", type: "proc", flags: [], data: ""),
                .makeTree(slot: 0, type: "tmpfs", options: "", attributes: []), .copyUp(slot: 0, path: path),
                .attachTree(slot: 0, target: "/mnt"), .leaveRoot, .pivotRoot(path: engine.rootfs), .streams,
                .execute(
                    candidates: ["/bin/sh"], arguments: ["sh", "-c", "cat /mnt/*; true"], environment: ["PATH=/bin"]),
            ], inputs: .init(streams: streams.standard.numbers))
        let started = try child.start(namespaces: [.mount, .pid], cgroup: -1)
        let descriptor = OwnedDescriptor(owning: started.pidfd)
        let exit = try ProcessExit.wait(for: started.pid)
        _ = consume descriptor
        return Engine.Answer(status: exit.shellStatus, output: streams.output, complaints: streams.complaints)
    }

    /// tmpcopyup of a directory that becomes such a link at the moment at which it is read (by RENAME_EXCHANGE, and back before the
    /// mount): a host's file of mode 0600 was in the container. Here it is a link at that moment surely. Naive: `cp` by path.
    @Test func copiedByWayOfLink() throws {
        let outside = try outside()
        try engine.write("secret\n", to: outside + "/secret", mode: 0o600)
        let naive = try engine.shell(
            """
            exec 7< /; exec unshare -m --propagation private chroot \(engine.rootfs) /bin/sh -c '
            mount -t proc proc /proc; cp -r /proc/self/fd/7\(outside)/. /mnt; cat /mnt/secret; rm /mnt/secret'
            """)
        #expect(naive.output == "secret\n", "the negative control does not attack: \(naive.complaints)")

        try SystemFile.makeDirectories(engine.rootfs + "/data/own")
        try engine.write("own\n", to: engine.rootfs + "/data/own/file")
        symlink("/data/own", engine.rootfs + "/data/straight")
        #expect(try copyUp("/data/straight").output == "own\n")
        for way in Self.ways {
            unlink(engine.rootfs + "/data/bent")
            symlink("/proc/\(way)\(outside)", engine.rootfs + "/data/bent")
            do {
                let answer = try copyUp("/data/bent")
                #expect(answer.output.isEmpty, "\(way)")
            } catch let error as SystemError {
                #expect(error.operation == "copy", "\(error)")
            }
        }
    }

    /// The terminal's console in an image's /dev that is such a link.
    @Test func consoleByWayOfLink() throws {
        let outside = try outside()
        rmdir(engine.rootfs + "/dev")
        for way in Self.ways {
            unlink(engine.rootfs + "/dev")
            symlink("/proc/\(way)\(outside)", engine.rootfs + "/dev")
            var configuration = engine.configuration("true") { $0.process?.terminal = true }
            configuration.mounts.removeAll { $0.destination.hasPrefix("/dev") }
            let answer = try engine.call("run", "--bundle", try engine.bundle(configuration), engine.name())
            #expect(answer.status == 1, "\(way)")
            #expect(try SystemFile.names(in: outside) == [], "\(way): \(answer.complaints)")
        }
    }

    /// A directory of the host's that is bound as /dev, by whatever name, gets no device nodes of the container's. Naive: a node is
    /// made by path where a mount is.
    @Test(
        arguments: ["/dev", "/dev/", "//dev", "/dev/.", "/data/../dev", "dev", "/data/alias", "/data/dev"],
        [true, false])
    func hostDirectoryAsDevices(destination: String, withHooks: Bool) throws {
        let outside = try outside()
        let naive = try NaiveLaunch.run(
            engine, "mknod /dev/null c 1 3", root: engine.rootfs, mounts: [.init(source: outside, target: "/dev")])
        #expect(try SystemFile.names(in: outside) == ["null"], "the negative control does not attack: \(naive)")
        unlink(outside + "/null")

        if destination == "/data/alias" { symlink("/dev", engine.rootfs + "/data/alias") }
        if destination == "/data/dev" {
            rmdir(engine.rootfs + "/dev")
            symlink("data/dev", engine.rootfs + "/dev")
        }
        let answer = try engine.run("ls /dev; true") {
            $0.mounts.removeAll { $0.destination.hasPrefix("/dev") }
            $0.mounts.append(.init(destination: destination, type: "bind", source: outside, options: ["rbind"]))
            $0.linux?.maskedPaths = []
            $0.linux?.devices = [.init(type: "c", path: "/dev/further", major: 1, minor: 3)]
            if withHooks { $0.hooks = .init(createContainer: [.init(path: "/bin/true")]) }
        }
        #expect(answer.status == 0, "\(answer.complaints)")
        #expect(answer.output.isEmpty)
        #expect(try SystemFile.names(in: outside) == [])
    }

    /// `--no-pivot` moves the root over the host's, whose procfs and sysfs stay whole below: a user namespace made inside could
    /// mount others, without what is masked. Naive: it can.
    @Test(.enabled(if: TestHost.has("unshare"), "needs unshare (util-linux)")) func hiddenKernelFiles() throws {
        let script = """
            for t in proc sysfs; do unshare -U -r -m -n -p -f /bin/sh -c "mount -t $t none /mnt && echo mounted $t"; done 2>/dev/null
            true
            """
        let mounts: [ChildStep] = [
            .mount(source: "proc", target: "/proc", type: "proc", flags: [], data: ""),
            .mount(source: "sysfs", target: "/sys", type: "sysfs", flags: [.readOnly], data: ""),
            .mask(path: "/proc/interrupts"), .mask(path: "/sys/firmware"), .mask(path: "/proc/sys"),
        ]
        let naive = try NaiveLaunch.run(
            engine, script, root: engine.rootfs, after: mounts, devices: true,
            namespaces: [.mount, .pid, .uts, .ipc, .network], enter: .moveRoot(path: engine.rootfs))
        #expect(naive.output.contains("mounted proc"), "the negative control does not attack: \(naive.complaints)")
        for options in [["--no-pivot"], []] {
            let bundle = try engine.bundle(engine.configuration(script) { $0.linux?.maskedPaths.append("/sys/kernel") })
            let answer = try engine.call(["run", "--bundle", bundle] + options + [engine.name()])
            #expect(answer.status == 0, "\(answer.complaints)")
            #expect(answer.output.isEmpty, "\(options): \(answer.output)")
        }
    }
}
