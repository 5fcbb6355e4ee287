import Glibc
import Linux
import OCI

/// Collects the steps of a container's mounts: those before the root changes and those after.
struct TreeBuilder {
    let inUserNamespace: Bool
    let linux: RuntimeConfiguration.LinuxSettings
    let host: HostFacts
    /// The bundle's directory, from which relative sources are taken; nil where there is no bundle.
    var bundle: String?
    /// The root's directory on the host, where it is one: what a mount of the list brings there may be the source of a later one.
    var root: String?
    /// Where the container has no cgroup namespace: the directories of its own cgroup, which are all it may see.
    var cgroupDirectories: [CgroupPlan.Directory]?
    /// The mount points of the hierarchies in which it has a cgroup of its own. In another one, its namespace's root would be
    /// the host's: everybody's cgroups, and with them `release_agent` (CVE-2022-0492).
    var hierarchies: Set<String> = []
    /// Trees of the host taken hold of before its mounts are made followers, and before `pivot_root`.
    private(set) var heldShared: [ChildStep] = []
    var held: [ChildStep] = []
    /// Everything done inside the new root.
    var attached: [ChildStep] = []
    private(set) var hostTrees: [HostTree] = []
    /// Whether sources are taken hold of by the launcher: in a user namespace its child is somebody else to the host, who may not go
    /// wherever the launcher's root may.
    var hasLauncherHold = false
    /// Made for devices, so that each is made once.
    private(set) var madeDirectories: Set<String> = []
    /// Where devices are made that the configuration lists.
    private var devicePaths: Set<String> = []
    private(set) var warnings: [String] = []
    /// Whether /dev is mounted by the configuration.
    private(set) var hasDevices = false
    /// Whether it is somebody else's, in which nothing is made.
    private(set) var hasForeignDevices = false
    /// Whether it is to be read-only once all that belongs into it is there.
    private var hasReadOnlyDevices = false
    private var destinations: [String] = []
    private var slots = 0

    init(inUserNamespace: Bool, linux: RuntimeConfiguration.LinuxSettings, host: HostFacts) {
        self.inUserNamespace = inUserNamespace
        self.linux = linux
        self.host = host
    }

    // MARK: - Mounts

    mutating func add(_ mount: RuntimeConfiguration.Mount, at index: Int) throws(PlanError) {
        var mount = mount
        // Since 1.1 a relative destination is deprecated, not refused: it is taken from the root.
        mount.destination = ContainerPath.clean(mount.destination)
        let options = MountOptions(mount.options)
        let isBind = options.flags.contains(.bind) || mount.type == "bind"
        // It would lie beneath the root that the container has entered, and have no effect.
        guard mount.destination != "/" || options.flags.contains(.remount) && !isBind else {
            throw PlanError(
                "mounts[\(index)].destination",
                "nothing can be mounted over the root: root.path names it, and root.readonly makes it read-only")
        }
        let isDevices = mount.destination == "/dev" && !options.flags.contains(.remount)
        if isDevices { hasDevices = true }
        defer { destinations.append(mount.destination) }
        if isBind {
            try addBind(mount, options, at: index)
            if isDevices { hasForeignDevices = true }
            return
        }
        switch mount.type {
        case "cgroup", "cgroup2":
            try addCgroups(mount.destination, options, unifiedAlone: mount.type == "cgroup2")
        case "devpts":
            var data = options.data.split(separator: ",")
            // The terminal group cannot own what it is not mapped to.
            if inUserNamespace, !isMapped(group: 5) { data.removeAll { $0 == "gid=5" } }
            append(mount, options, data: data.joined(separator: ","))
        case "proc" where inUserNamespace, "sysfs" where inUserNamespace:
            let slot = try nextSlot()
            held.append(
                .makeTree(
                    slot: slot, type: mount.type ?? "", options: options.data, attributes: options.attributes))
            attached.append(.attachTree(slot: slot, target: mount.destination))
        case "overlay":
            let slot = try nextSlot()
            holdOverlay(options, slot)
            attached.append(.attachTree(slot: slot, target: mount.destination))
        case "tmpfs" where options.copiesUp || isDevices:
            let slot = try nextSlot()
            var attributes = options.attributes
            var data = options.data
            // Filled first, then as it shall stay.
            let isReadOnly = attributes.contains(.readOnly)
            attributes.remove(.readOnly)
            if isDevices {
                hasReadOnlyDevices = isReadOnly
                if !Self.names("mode", in: data) { data += (data.isEmpty ? "" : ",") + "mode=755" }
            }
            attached.append(
                .makeTree(slot: slot, type: "tmpfs", options: labelled(data, type: "tmpfs"), attributes: attributes))
            if options.copiesUp { attached.append(.copyUp(slot: slot, path: mount.destination)) }
            if isReadOnly, !isDevices {
                attached.append(
                    .setTreeAttributes(slot: slot, set: .readOnly, clear: [], propagation: [], recursive: false))
            }
            attached.append(.attachTree(slot: slot, target: mount.destination))
        default:
            guard mount.type?.isEmpty == false, mount.type != "none" || options.flags.contains(.remount) else {
                throw PlanError(
                    "mounts[\(index)].type", "\(mount.destination): is missing, and this is not a bind mount")
            }
            append(mount, options, data: options.data)
        }
        guard !options.mapsIdentities, mount.uidMappings.isEmpty else {
            throw PlanError("mounts[\(index)]", "\(mount.destination): only bind mounts can be identity-mapped here")
        }
        if options.changesDeeply {
            attached.append(
                .setMountAttributes(
                    path: mount.destination, set: options.recursive, clear: options.recursiveClearedAttributes,
                    recursive: true))
        }
        if !options.propagation.isEmpty {
            attached.append(
                .mount(source: "", target: mount.destination, type: "", flags: options.propagation, data: ""))
        }
        if isDevices { addDefaultDevices() }
    }

    /// Its layers are the host's.
    private mutating func holdOverlay(_ options: MountOptions, _ slot: Int) {
        // fsconfig(2) takes values of at most 255 bytes, mount(2) a page of them: on the root, where it is for a moment.
        guard let root, options.data.parts(between: ",").contains(where: { $0.utf8.count > 255 }) else {
            held.append(.makeTree(slot: slot, type: "overlay", options: options.data, attributes: options.attributes))
            return
        }
        held += [
            .mount(source: "overlay", target: root, type: "overlay", flags: options.flags, data: options.data),
            .cloneTree(slot: slot, source: root, recursive: false), .detach(path: root),
        ]
    }

    /// What comes when all the rest is in place.
    ///
    /// - Parameter hasConsole: whether a terminal will be mounted on /dev/console.
    mutating func finish(hasConsole: Bool) {
        guard hasReadOnlyDevices else { return }
        if hasConsole {
            attached.append(
                .makeDevice(path: "/dev/console", mode: 0o100666, major: 0, minor: 0, user: 0, group: 0))
        }
        attached.append(.setMountAttributes(path: "/dev", set: .readOnly, clear: [], recursive: false))
    }

    private static func names(_ option: String, in data: String) -> Bool {
        data.parts(between: ",").contains { $0.parts(between: "=", maxSplits: 1).first.map { $0 == option } ?? false }
    }

    private mutating func append(_ mount: RuntimeConfiguration.Mount, _ options: MountOptions, data: String) {
        let type = mount.type ?? ""
        attached.append(
            .mount(
                source: mount.source ?? type, target: mount.destination, type: type, flags: options.flags,
                data: labelled(data, type: type)))
    }

    /// SELinux's label of what is made for the container alone; the kernel's own file systems have theirs.
    private func labelled(_ data: String, type: String) -> String {
        guard let label = linux.mountLabel, !label.isEmpty, ["tmpfs", "devpts", "mqueue", "ramfs"].contains(type) else {
            return data
        }
        return (data.isEmpty ? "" : data + ",") + "context=\"\(label)\""
    }

    private mutating func addBind(
        _ mount: RuntimeConfiguration.Mount, _ options: MountOptions, at index: Int
    ) throws(PlanError) {
        guard var source = mount.source, !source.isEmpty else {
            throw PlanError("mounts[\(index)].source", "\(mount.destination): a bind mount needs a source")
        }
        if !ContainerPath.isAbsolute(source) {
            guard let bundle else {
                throw PlanError(
                    "mounts[\(index)].source",
                    "\(mount.destination): '\(source)' is relative, but there is no bundle to resolve it against")
            }
            source = bundle + "/" + source
        }
        if let owner = options.data.parts(between: ",").first(where: { $0.starts("uid=") || $0.starts("gid=") }) {
            throw PlanError(
                "mounts[\(index)].options",
                "\(mount.destination): '\(owner)' does not change who owns the files of a bind mount: use idmap")
        }
        if !options.data.isEmpty {
            warnings.append("mounts[\(index)].options: a bind mount takes no '\(options.data)'; ignored")
        }
        let slot = try nextSlot()
        var changed: [ChildStep] = []
        if let tree = try mapped(mount, source, options, at: index) {
            held.append(.adoptTree(slot: slot, tree: tree))
        } else if let inside = broughtByMount(source) {
            changed.append(
                .cloneInside(slot: slot, source: inside, recursive: options.flags.contains(.recursive)))
        } else if hasLauncherHold || HostTree.isLaunchers(source) {
            hostTrees.append(
                HostTree(source: source, recursive: options.flags.contains(.recursive), maps: nil, isShared: false))
            held.append(.adoptTree(slot: slot, tree: hostTrees.count - 1))
        } else {
            let hold = ChildStep.cloneTree(
                slot: slot, source: source, recursive: options.flags.contains(.recursive))
            if options.propagation.contains(.shared) { heldShared.append(hold) } else { held.append(hold) }
        }
        let isBrought = !changed.isEmpty
        if !options.attributes.isEmpty || !options.clearedAttributes.isEmpty {
            changed.append(
                .setTreeAttributes(
                    slot: slot, set: options.attributes, clear: options.clearedAttributes, propagation: [],
                    recursive: false))
        }
        if options.changesDeeply {
            changed.append(
                .setTreeAttributes(
                    slot: slot, set: options.recursive, clear: options.recursiveClearedAttributes, propagation: [],
                    recursive: true))
        }
        if !options.propagation.isEmpty {
            changed.append(
                .setTreeAttributes(
                    slot: slot, set: [], clear: [], propagation: options.propagation.subtracting(.recursive),
                    recursive: options.propagation.contains(.recursive)))
        }
        if isBrought { attached += changed } else { held += changed }
        attached.append(.attachTree(slot: slot, target: mount.destination))
    }

    /// A source below the root where a mount before it put something, by its path inside; nil where it is the host's.
    private func broughtByMount(_ source: String) -> String? {
        guard let root = root.map(ContainerPath.clean), root != "/" else { return nil }
        let source = ContainerPath.clean(source)
        guard source != root, ContainerPath.contains(root, source) else { return nil }
        let inside = String(decoding: source.utf8.dropFirst(root.utf8.count), as: UTF8.self)
        return destinations.contains { ContainerPath.contains($0, inside) } ? inside : nil
    }

    /// Ids of an idmapped mount: its own mappings, or the container's (config.md, `idmap`).
    ///
    /// - Returns: the place of its tree among those the launcher makes; nil where the mount is an ordinary one.
    private mutating func mapped(
        _ mount: RuntimeConfiguration.Mount, _ source: String, _ options: MountOptions, at index: Int
    ) throws(PlanError) -> Int? {
        var own = (users: mount.uidMappings, groups: mount.gidMappings)
        guard !own.users.isEmpty || !own.groups.isEmpty || options.mapsIdentities else { return nil }
        if let text = options.identityMappings {
            guard own.users.isEmpty, own.groups.isEmpty else {
                throw PlanError(
                    "mounts[\(index)].options",
                    "\(mount.destination): it has uidMappings and gidMappings, and others in 'idmap=\(text)'")
            }
            own = try MountIdentities.read(text, inside: linux, of: "mounts[\(index)].options")
        }
        let hasOwn = !own.users.isEmpty || !own.groups.isEmpty
        let users = hasOwn ? own.users : linux.uidMappings
        let groups = hasOwn ? own.groups : linux.gidMappings
        guard !users.isEmpty, !groups.isEmpty else {
            throw PlanError("mounts[\(index)]", "\(mount.destination): an idmapped mount needs uid and gid mappings")
        }
        hostTrees.append(
            HostTree(
                source: source, recursive: options.flags.contains(.recursive),
                maps: IdentityMaps(users, groups, host: host), mapsDeeply: options.mapsIdentitiesDeeply,
                // The kernel passes nothing on from a mount namespace of another user namespace either.
                isShared: options.propagation.contains(.shared) && !inUserNamespace))
        return hostTrees.count - 1
    }

    // MARK: - Devices

    /// config-linux.md, "Default Devices", and the links of "Dev symbolic links" in runtime-linux.md.
    mutating func addDefaultDevices() {
        if !hasDevices { attached.append(.holdDevices) }
        let devices: [(name: String, major: UInt32, minor: UInt32)] = [
            ("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0),
        ]
        // One that the configuration lists is as it says.
        let own = Set(linux.devices.map { ContainerPath.clean($0.path) })
        for device in devices {
            let path = "/dev/" + device.name
            guard !own.contains(path) else { continue }
            if inUserNamespace {
                // mknod is refused here: the host's file is bound instead.
                if let slot = try? hold(path, recursive: false) {
                    attached.append(.bindDevice(slot: slot, target: path))
                }
            } else {
                attached.append(
                    .makeDevice(
                        path: path, mode: 0o020666, major: device.major, minor: device.minor, user: 0, group: 0))
            }
        }
        for (path, target) in [
            ("/dev/fd", "/proc/self/fd"), ("/dev/stdin", "/proc/self/fd/0"), ("/dev/stdout", "/proc/self/fd/1"),
            ("/dev/stderr", "/proc/self/fd/2"), ("/dev/ptmx", "pts/ptmx"),
        ] {
            attached.append(.makeLink(target: target, path: path))
        }
    }

    mutating func add(_ device: RuntimeConfiguration.Device, at index: Int) throws(PlanError) {
        var device = device
        let kinds: [String: UInt32] = ["c": 0o020000, "u": 0o020000, "b": 0o060000, "p": 0o010000]
        guard let kind = kinds[device.type] else {
            throw PlanError("linux.devices[\(index)].type", "\(device.path): unknown type '\(device.type)'")
        }
        guard ContainerPath.isAbsolute(device.path) else {
            throw PlanError("linux.devices[\(index)].path", "must be absolute, is '\(device.path)'")
        }
        device.path = ContainerPath.clean(device.path)
        // Its own: the link to the one of its devpts. The host's would open the host's terminals.
        guard device.path != "/dev/ptmx" else { return }
        guard devicePaths.insert(device.path).inserted else {
            let first = linux.devices.first { ContainerPath.clean($0.path) == device.path }
            // Engines list one twice where it is named by two of their options.
            if var first {
                first.path = device.path
                if first != device {
                    warnings.append("linux.devices[\(index)].path: \(device.path) is listed twice; the first is made")
                }
            }
            return
        }
        var ancestors: [String] = []
        var parent = ContainerPath.parent(of: device.path)
        while parent != "/dev", parent != "/" {
            ancestors.append(parent)
            parent = ContainerPath.parent(of: parent)
        }
        for directory in ancestors.reversed() where madeDirectories.insert(directory).inserted {
            attached.append(.makeDirectory(path: directory, mode: 0o755))
        }
        if inUserNamespace {
            attached.append(.bindDevice(slot: try hold(device.path, recursive: false), target: device.path))
            return
        }
        attached.append(
            .makeDevice(
                path: device.path, mode: kind | (device.fileMode ?? 0o666) & 0o7777,
                major: UInt32(clamping: device.major ?? 0), minor: UInt32(clamping: device.minor ?? 0),
                user: device.uid ?? 0, group: device.gid ?? 0))
    }

    // MARK: - Pieces

    mutating func hold(_ source: String, recursive: Bool) throws(PlanError) -> Int {
        let slot = try nextSlot()
        held.append(.cloneTree(slot: slot, source: source, recursive: recursive))
        return slot
    }

    private mutating func nextSlot() throws(PlanError) -> Int {
        guard slots < 128 else { throw PlanError("mounts", "more than 128 that come from the host") }
        slots += 1
        return slots - 1
    }

    private func isMapped(group: UInt32) -> Bool {
        // Inside a user namespace that is already there, its own map says it.
        guard !linux.gidMappings.isEmpty else { return host.mappedGroups.contains { $0.contains(group) } }
        return linux.gidMappings.contains { group >= $0.containerID && group - $0.containerID < $0.size }
    }
}
