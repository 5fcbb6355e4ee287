import Glibc
import Linux
import OCI

/// Collects the steps of a container's mounts: those before the root changes and those after.
struct TreeBuilder {
    let inUserNamespace: Bool
    /// Trees of the host taken hold of before `pivot_root`.
    private(set) var held: [ChildStep] = []
    /// Everything done inside the new root.
    private(set) var attached: [ChildStep] = []
    private var slots = 0
    private var directories: Set<String> = ["/"]

    init(inUserNamespace: Bool) { self.inUserNamespace = inUserNamespace }

    // MARK: - Mounts

    mutating func add(
        _ mount: RuntimeConfiguration.Mount, linux: RuntimeConfiguration.LinuxSettings, cgroups: CgroupLayout,
        warnings: inout [String]
    ) throws(PlanError) {
        let options = MountOptions(mount.options)
        warnings += options.unsupported.map { "mount \(mount.destination): option \($0) is not supported" }
        if options.flags.contains(.bind) || mount.type == "bind" {
            try addBind(mount, options)
            return
        }
        makeDirectories(mount.destination)
        switch mount.type {
        case "cgroup": addCgroups(mount.destination, options, cgroups)
        case "devpts":
            var data = options.data.split(separator: ",")
            // The terminal group cannot own what it is not mapped to.
            if inUserNamespace, !Self.isMapped(5, linux.gidMappings) { data.removeAll { $0 == "gid=5" } }
            append(mount, options, data: data.joined(separator: ","))
        case "proc" where inUserNamespace, "sysfs" where inUserNamespace:
            let slot = try nextSlot()
            held.append(
                .makeTree(
                    slot: slot, type: mount.type ?? "", options: options.data, attributes: options.attributes))
            attached.append(.attachTree(slot: slot, target: mount.destination))
        default: append(mount, options, data: options.data)
        }
        if !options.propagation.isEmpty {
            attached.append(
                .mount(source: "", target: mount.destination, type: "", flags: options.propagation, data: ""))
        }
    }

    private mutating func append(_ mount: RuntimeConfiguration.Mount, _ options: MountOptions, data: String) {
        let type = mount.type ?? ""
        attached.append(
            .mount(
                source: mount.source ?? type, target: mount.destination, type: type, flags: options.flags, data: data))
    }

    private mutating func addBind(_ mount: RuntimeConfiguration.Mount, _ options: MountOptions) throws(PlanError) {
        guard let source = mount.source, source.hasPrefix("/") else {
            throw PlanError("mounts", "\(mount.destination): a bind mount needs an absolute source")
        }
        let deep = options.flags.contains(.recursive)
        let slot = try hold(source, recursive: deep)
        var status = stat()
        if stat(source, &status) == 0, status.st_mode & S_IFMT != S_IFDIR {
            makeDirectories(Self.parent(of: mount.destination))
            attached.append(.bindFile(slot: slot, target: mount.destination))
        } else {
            makeDirectories(mount.destination)
            attached.append(.attachTree(slot: slot, target: mount.destination))
        }
        if !options.attributes.isEmpty || !options.clearedAttributes.isEmpty {
            attached.append(
                .setMountAttributes(
                    path: mount.destination, set: options.attributes, clear: options.clearedAttributes,
                    recursive: false))
        }
        if !options.recursive.isEmpty {
            attached.append(
                .setMountAttributes(path: mount.destination, set: options.recursive, clear: [], recursive: true))
        }
        if !options.propagation.isEmpty {
            attached.append(
                .mount(source: "", target: mount.destination, type: "", flags: options.propagation, data: ""))
        }
    }

    /// v2: the hierarchy itself, as the cgroup namespace shows it. v1: each hierarchy in a directory of a small tmpfs.
    private mutating func addCgroups(_ destination: String, _ options: MountOptions, _ layout: CgroupLayout) {
        let flags = options.flags
        if layout.mode == .v2 {
            attached.append(.mount(source: "cgroup", target: destination, type: "cgroup2", flags: flags, data: ""))
            return
        }
        attached.append(
            .mount(
                source: "tmpfs", target: destination, type: "tmpfs", flags: flags.subtracting(.readOnly),
                data: "mode=755"))
        for hierarchy in layout.hierarchies {
            let joined = hierarchy.controllers.joined(separator: ",")
            let name =
                hierarchy.version == 2
                ? "unified" : joined.hasPrefix("name=") ? String(joined.dropFirst(5)) : joined
            makeDirectories("\(destination)/\(name)")
            attached.append(
                .mount(
                    source: "cgroup", target: "\(destination)/\(name)",
                    type: hierarchy.version == 2 ? "cgroup2" : "cgroup", flags: flags,
                    data: hierarchy.version == 2 ? "" : joined))
        }
        if flags.contains(.readOnly) {
            attached.append(.setMountAttributes(path: destination, set: .readOnly, clear: [], recursive: false))
        }
    }

    // MARK: - Devices

    /// config-linux.md, "Default Devices", and the links of "Dev symbolic links" in runtime-linux.md.
    mutating func addDefaultDevices() {
        let devices: [(name: String, major: UInt32, minor: UInt32)] = [
            ("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0),
        ]
        for device in devices {
            let path = "/dev/" + device.name
            if inUserNamespace {
                // mknod is refused here: the host's file is bound instead.
                if let slot = try? hold(path, recursive: false) { attached.append(.bindFile(slot: slot, target: path)) }
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

    mutating func add(_ device: RuntimeConfiguration.Device) throws(PlanError) {
        makeDirectories(Self.parent(of: device.path))
        if inUserNamespace {
            attached.append(.bindFile(slot: try hold(device.path, recursive: false), target: device.path))
            return
        }
        let kinds: [String: UInt32] = ["c": 0o020000, "u": 0o020000, "b": 0o060000, "p": 0o010000]
        guard let kind = kinds[device.type] else {
            throw PlanError("linux.devices", "\(device.path): unknown type '\(device.type)'")
        }
        attached.append(
            .makeDevice(
                path: device.path, mode: kind | (device.fileMode ?? 0o666) & 0o7777,
                major: UInt32(clamping: device.major ?? 0), minor: UInt32(clamping: device.minor ?? 0),
                user: device.uid ?? 0, group: device.gid ?? 0))
    }

    // MARK: - Pieces

    private mutating func hold(_ source: String, recursive: Bool) throws(PlanError) -> Int {
        let slot = try nextSlot()
        held.append(.cloneTree(slot: slot, source: source, recursive: recursive))
        return slot
    }

    private mutating func nextSlot() throws(PlanError) -> Int {
        guard slots < 128 else { throw PlanError("mounts", "more than 128 that come from the host") }
        slots += 1
        return slots - 1
    }

    /// Directories down to a path, each asked for once.
    private mutating func makeDirectories(_ path: String) {
        var prefix = ""
        for component in path.split(separator: "/") {
            prefix += "/" + component
            if directories.insert(prefix).inserted {
                attached.append(.makeDirectory(path: prefix, mode: 0o755))
            }
        }
    }

    private static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "/"
    }

    private static func isMapped(_ identifier: UInt32, _ mappings: [RuntimeConfiguration.IDMapping]) -> Bool {
        mappings.contains { identifier >= $0.containerID && identifier - $0.containerID < $0.size }
    }
}
