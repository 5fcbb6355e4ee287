internal import Glibc
internal import Linux
internal import Synchronization

/// Where the processes of guests live that isolab starts itself: shut in, each kind as a user of its own, with limits of their own.
///
/// What QEMU could do to the host, were it taken over by its guest, is what is left here: a few files to read, a socket, /dev/kvm.
/// Whoever kills the first process of a cell ends everything in it.
final class GuestCell: Sendable {
    let identity: CellIdentity
    let view: CellView
    private let opensTaps: Bool
    /// Nil where this host or this user has none to give.
    let cgroup: GuestCgroup?
    /// Why programs run in the host's namespaces after all, where they do: this host makes none for this user, whose QEMU can do no
    /// more than he can.
    private let lack = Mutex<SystemError?>(nil)

    /// - Parameters:
    ///   - directory: of the driver, with its owner's record.
    ///   - reads: what of the host's files is shown as it is; what is not there is left out.
    ///   - opensTaps: whether its guests have network devices: then there is /dev/net/tun, by which the driver opens those that are
    ///     his, and makes none, for want of the capability.
    init(directory: String, reads: [String], shares: [HostShare], opensTaps: Bool) throws(SystemError) {
        self.opensTaps = opensTaps
        identity = CellIdentity.detect(sharesDirectories: !shares.isEmpty)
        view = CellView(directory: directory, reads: reads, shares: shares)
        // Others than its maker pass through it to what is theirs.
        try retryingOnInterrupt("chmod", directory) { chmod(directory, 0o711) }
        try SystemFile.makeDirectories("\(directory)/\(CellPlan.rootName)", mode: 0o711)
        try view.writeSettings(identity)
        for index in shares.indices {
            try SystemFile.makeDirectories(shares[index].directory(index, below: directory), mode: 0o755)
        }
        cgroup = try GuestCgroup.make(for: directory, opensTaps: opensTaps)
    }

    /// Starts a program in namespaces of its own; an ordinary user's where the host makes him some.
    func start(_ program: CellPlan.Program, streams: StandardStreams) throws(SystemError) -> RunningProcess {
        do throws(SystemError) { return try enclose(program, streams) } catch {
            guard identity.isBornInside, [EPERM, EACCES, ENOSPC, EUSERS, EINVAL].contains(error.errno),
                error.operation != "execve"
            else { throw error }
            lack.withLock { $0 = error }
            return try ProcessPlan(
                program.path, program.arguments, environment: program.environment, group: .ownSession
            ).spawn(streams)
        }
    }

    /// What shuts QEMU in, in words.
    var confinement: String {
        if let lack = lack.withLock({ $0 }) { return "seccomp; no own namespaces: \(lack)" }
        let user = "user \(identity.emulatorOutside.user) without capabilities"
        return "\(user); user, pid, mount, network, ipc, uts and cgroup namespaces; seccomp"
            + (cgroup == nil ? "" : "; cgroup with limits of devices, memory, processor and processes")
    }

    private func enclose(
        _ program: CellPlan.Program, _ streams: StandardStreams
    ) throws(SystemError) -> RunningProcess {
        let entry = try cgroup?.cgroup.openEntry() ?? CgroupEntry.none
        let plan = CellPlan(
            program, identity: identity, view: view, hasKVM: access("/dev/kvm", F_OK) == 0,
            opensTaps: opensTaps, joinsCgroups: !entry.taskFiles.isEmpty)
        var inputs = ChildProgram.Inputs(cgroupTasks: entry.taskFiles, streams: streams.numbers)
        // Root makes it beforehand, for mounts are to be shifted by it.
        let namespace = identity.isBornInside ? -1 : try plan.maps.makeNamespace().release()
        defer { for descriptor in inputs.trees + [namespace] where descriptor >= 0 { close(descriptor) } }
        if namespace >= 0 {
            inputs.namespaces = [(CellPlan.userNamespace, namespace)]
            for source in plan.mappedTrees { inputs.trees.append(try Self.mapped(source, namespace)) }
        }
        let child = try ChildProgram(plan.steps, inputs: inputs).start(
            namespaces: plan.namespaces, cgroup: entry.unified
        ) { (stage: LauncherStage, pid: Int32) throws(SystemError) in
            if stage == .identityMaps { try plan.maps.write(for: pid) }
        }
        return RunningProcess(pid: child.pid, descriptor: OwnedDescriptor(owning: child.pidfd))
    }

    private static func mapped(_ source: String, _ namespace: Int32) throws(SystemError) -> Int32 {
        let tree = DetachedTree.copy(of: source, recursive: true, follows: true)
        guard tree >= 0 else { throw SystemError("open_tree", source, stage: "share") }
        guard DetachedTree.map(tree, to: namespace, deep: false) == 0 else {
            let number = errno
            close(tree)
            throw SystemError(
                "mount_setattr", source, errno: number, stage: "share",
                advice: number == EINVAL || number == EPERM
                    ? "its file system does not support idmapped mounts on this kernel, which are needed to keep owners: "
                        + "share a directory of another one"
                    : nil)
        }
        return tree
    }

    /// What a program in a cell is told by its environment: what finds libraries, what libvirt logs, and nothing else of the
    /// caller's.
    static func environment(home: String) -> [String] {
        let kept = ["LD_LIBRARY_PATH=", "LIBVIRT_", "SWIFT_BACKTRACE=", "TZ=", "LANG=", "LC_ALL="]
        return ProcessPlan.ownEnvironment().filter { entry in kept.contains { entry.hasPrefix($0) } } + [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=\(home)",
            "XDG_RUNTIME_DIR=\(home)",
            // libvirt 10 would have systemd move QEMU to another cgroup than its limits are in.
            "DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nonexistent",
        ]
    }

    /// Whether QEMU finds a file in the cell, and may read it.
    func canRead(_ path: String) -> Bool {
        let shown = [view.directory] + view.reads + ["/usr", "/lib", "/opt"]
        return shown.contains { path == $0 || path.hasPrefix($0 + "/") } && identity.mayRead(path)
    }

    /// Removes what is the host's of it; its processes are gone.
    func remove() { cgroup?.remove() }
}
