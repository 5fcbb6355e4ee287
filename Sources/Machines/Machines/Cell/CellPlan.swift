internal import Glibc
internal import Linux

/// Everything a process does on its way into a cell of its own, decided beforehand: pid, mount, network, IPC and UTS namespaces and a
/// user namespace, a root of memory with nothing but what `CellView` names, a /dev of six devices, no privileges. A value, that can
/// be compared and tested without root.
struct CellPlan: Equatable, Sendable {
    /// Made by clone3; the cgroup namespace comes when the child is where its root shall be.
    let namespaces: Namespaces
    let steps: [ChildStep]
    /// Idmapped mounts to be made: what of the host is shared, for owners to stay the same on both sides.
    let mappedTrees: [String]
    let maps: IdentityMaps

    /// What runs in a cell.
    struct Program: Equatable, Sendable {
        var path: String
        var arguments: [String]
        /// `NAME=value`.
        var environment: [String]
        /// QEMU itself, rather than libvirt that starts it.
        var isEmulator: Bool
    }

    /// The user namespace, among the descriptors of the launch.
    static let userNamespace = NamespaceSource.file("user namespace of a guest")

    /// - Parameters:
    ///   - hasKVM: /dev/kvm is there.
    ///   - opensTaps: guests have network devices, of root's making: /dev/net/tun is the driver's.
    ///   - joinsCgroups: v1, where a child walks into its cgroups itself.
    init(
        _ program: Program, identity: CellIdentity, view: CellView, hasKVM: Bool, opensTaps: Bool = false,
        joinsCgroups: Bool = false
    ) {
        var builder = CellSteps(identity: identity)
        builder.hold(view, program: program.path)
        builder.holdKernelFiles()
        builder.makeDevices()
        builder.holdDevices(["null", "zero", "full", "random", "urandom"])
        if hasKVM, !identity.isHostRoots { builder.holdDevices(["kvm"]) }

        let own: Namespaces = [.mount, .pid, .network, .ipc, .uts]
        namespaces = identity.isBornInside ? own.union(.user) : own
        maps = identity.maps
        mappedTrees = builder.mappedTrees
        var steps: [ChildStep] = joinsCgroups ? [.joinCgroups] : []
        if identity.isBornInside { steps.append(.awaitLauncher(.identityMaps)) }
        steps += [
            .unshare(.cgroup), .newSession, .setFileModeMask(0o022),
            // Nothing mounted here reaches the host.
            .mount(source: "", target: "/", type: "", flags: [.follower, .recursive], data: ""),
        ]
        steps += builder.held
        let root = view.directory + "/" + Self.rootName
        steps += [
            .mount(
                source: "isolab", target: root, type: "tmpfs", flags: [.noSetUserID, .noDevices],
                data: "mode=755,size=1m"), .pivotRoot(path: root),
        ]
        // Where the driver's own directory may be, and where libvirt wants to make some.
        let owner = identity.driverOutside
        let mine = identity.isBornInside ? "" : ",uid=\(owner.user),gid=\(owner.group)"
        for (path, mode) in [("/run", "mode=755"), ("/tmp", "mode=1777"), ("/var/tmp", "mode=1777")] {
            steps.append(
                .mount(
                    source: "isolab", target: path, type: "tmpfs",
                    flags: [.noSetUserID, .noDevices, .noExecution], data: "\(mode),size=64m\(mine)"))
        }
        steps += builder.attached
        steps += builder.devices
        if hasKVM, identity.isHostRoots {
            steps.append(
                .makeDevice(
                    path: "/dev/kvm", mode: 0o020600, major: 10, minor: 232, user: identity.emulatorOutside.user,
                    group: identity.emulatorOutside.group))
        }
        if opensTaps, identity.isHostRoots {
            steps += [
                .makeDirectory(path: "/dev/net", mode: 0o755),
                .makeDevice(
                    path: "/dev/net/tun", mode: 0o020600, major: 10, minor: 200, user: identity.driverOutside.user,
                    group: identity.driverOutside.group),
            ]
        }
        for (path, target) in [
            ("/dev/fd", "/proc/self/fd"), ("/dev/stdin", "/proc/self/fd/0"), ("/dev/stdout", "/proc/self/fd/1"),
            ("/dev/stderr", "/proc/self/fd/2"),
        ] { steps.append(.makeLink(target: target, path: path)) }
        steps += builder.links
        for path in ["/dev", "/"] {
            steps.append(.setMountAttributes(path: path, set: .readOnly, clear: [], recursive: false))
        }
        steps += [.streams, .resetSignals, .closeOtherDescriptors(preserving: 0)]
        if !identity.isBornInside { steps.append(.joinNamespace(Self.userNamespace, .user)) }
        steps += Self.privileges(program, identity, shares: !view.shares.isEmpty)
        steps.append(
            .execute(
                candidates: [program.path], arguments: [program.path] + program.arguments,
                environment: program.environment))
        self.steps = steps
    }

    /// Where the new root is mounted, in the driver's directory.
    static let rootName = "root"

    /// What libvirt's driver for root needs, in its own user namespace: to start QEMU as another user, give it its files and end it.
    static let driversCapabilities: CapabilitySet =
        CapabilitySet.parse([
            "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "KILL", "SETGID", "SETUID", "SETPCAP",
        ]).set
    /// What virtiofsd needs besides, to shut itself in and to make files for every user.
    static let sharesCapabilities: CapabilitySet =
        CapabilitySet.parse(["FSETID", "MKNOD", "SETFCAP", "SYS_ADMIN", "SYS_CHROOT"]).set

    private static func privileges(
        _ program: Program, _ identity: CellIdentity, shares: Bool
    ) -> [ChildStep] {
        let numbers = program.isEmulator ? identity.emulator : identity.driver
        var capabilities: CapabilitySet = []
        if identity.isApart, !program.isEmulator {
            capabilities = shares ? driversCapabilities.union(sharesCapabilities) : driversCapabilities
        }
        // QEMU's group, in which libvirt's driver may read what is QEMU's.
        let groups = identity.maps.deniesSetGroups ? nil : identity.isApart ? [identity.emulator.group] : []
        return [
            .limitBoundingSet(to: capabilities), .keepCapabilities,
            .setGroups(primary: numbers.group, additional: groups), .setUser(numbers.user),
            .setCapabilities(effective: capabilities, permitted: capabilities, inheritable: []), .noNewPrivileges,
        ]
    }
}

/// Collects what a cell takes of the host, before and after its root changes.
private struct CellSteps {
    let identity: CellIdentity
    private(set) var held: [ChildStep] = []
    private(set) var attached: [ChildStep] = []
    private(set) var devices: [ChildStep] = []
    private(set) var links: [ChildStep] = []
    private(set) var mappedTrees: [String] = []
    private var slots = 0

    init(identity: CellIdentity) { self.identity = identity }

    private mutating func slot() -> Int {
        defer { slots += 1 }
        return slots
    }

    private mutating func bind(
        _ source: String, at target: String, isDirectory: Bool, set attributes: MountAttributes, isMapped: Bool = false
    ) {
        let slot = slot()
        if isMapped {
            held.append(.adoptTree(slot: slot, tree: mappedTrees.count))
            mappedTrees.append(source)
        } else {
            held.append(.cloneTree(slot: slot, source: source, recursive: isDirectory))
        }
        held.append(
            .setTreeAttributes(slot: slot, set: attributes, clear: [], propagation: .isPrivate, recursive: isDirectory))
        attached.append(.attachTree(slot: slot, target: target))
    }

    mutating func hold(_ view: CellView, program: String) {
        let contents = view.contents(program: program)
        for bind in contents.binds {
            self.bind(
                bind.source, at: bind.target, isDirectory: bind.isDirectory,
                set: [.readOnly, .noSetUserID, .noDevices])
        }
        links = contents.links.map { .makeLink(target: $0.target, path: $0.path) }
        bind(view.directory, at: view.directory, isDirectory: true, set: [.noSetUserID, .noDevices, .noExecution])
        for (index, share) in view.shares.enumerated() {
            let place = share.directory(index, below: view.directory)
            if share.isFile {
                // Nothing of the directory is the host's but the file: a guest that fills it fills nothing.
                attached.append(
                    .mount(
                        source: "isolab", target: place, type: "tmpfs", flags: [.noSetUserID, .noDevices],
                        data: "mode=755,size=4k,nr_inodes=8"))
            }
            bind(
                share.share.source, at: share.isFile ? "\(place)/\(HostShare.fileName)" : place,
                isDirectory: !share.isFile, set: share.share.readOnly ? [.readOnly, .noDevices] : .noDevices,
                isMapped: identity.isHostRoots)
            if share.isFile {
                attached.append(.setMountAttributes(path: place, set: .readOnly, clear: [], recursive: false))
            }
        }
    }

    /// Made while the host's are in sight: else a user namespace may not make them.
    mutating func holdKernelFiles() {
        for (type, target, attributes) in [
            ("proc", "/proc", [.noSetUserID, .noDevices, .noExecution] as MountAttributes),
            ("sysfs", "/sys", [.readOnly, .noSetUserID, .noDevices, .noExecution]),
        ] {
            let slot = slot()
            held.append(.makeTree(slot: slot, type: type, options: "", attributes: attributes))
            attached.append(.attachTree(slot: slot, target: target))
        }
    }

    /// A directory in memory for them.
    mutating func makeDevices() {
        let slot = slot()
        held.append(
            .makeTree(
                slot: slot, type: "tmpfs", options: "mode=755,size=64k", attributes: [.noSetUserID, .noExecution]))
        devices.append(.attachTree(slot: slot, target: "/dev"))
    }

    mutating func holdDevices(_ names: [String]) {
        for name in names {
            let slot = slot()
            held.append(.cloneTree(slot: slot, source: "/dev/" + name, recursive: false))
            devices.append(.bindDevice(slot: slot, target: "/dev/" + name))
        }
    }
}
