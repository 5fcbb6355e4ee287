import Linux

/// Mounts of type `cgroup` and `cgroup2`.
extension TreeBuilder {
    /// v2: the hierarchy itself, as the cgroup namespace shows it. v1: each hierarchy in a directory of a small tmpfs.
    ///
    /// - Parameter unifiedAlone: the v2 hierarchy beside those of v1, where the host has both and the container a cgroup in it.
    mutating func addCgroups(
        _ destination: String, _ options: MountOptions, unifiedAlone: Bool
    ) throws(PlanError) {
        let flags = options.flags
        let layout = host.cgroups
        if layout.mode == .v2 {
            if let own = cgroupDirectories?.first {
                try bindCgroup(own.path, to: destination, options)
            } else {
                attached.append(.mount(source: "cgroup", target: destination, type: "cgroup2", flags: flags, data: ""))
            }
            return
        }
        if unifiedAlone, let hierarchy = layout.unified, hierarchies.contains(hierarchy.mountPoint) {
            return try addHierarchy(hierarchy, at: destination, options)
        }
        attached.append(
            .mount(
                source: "tmpfs", target: destination, type: "tmpfs", flags: flags.subtracting(.readOnly),
                data: "mode=755"))
        for hierarchy in layout.hierarchies where hierarchies.contains(hierarchy.mountPoint) {
            let joined = hierarchy.controllers.joined(separator: ",")
            let name =
                hierarchy.version == 2
                ? "unified" : joined.hasPrefix("name=") ? String(joined.dropFirst(5)) : joined
            try addHierarchy(hierarchy, at: "\(destination)/\(name)", options)
        }
        if flags.contains(.readOnly) {
            attached.append(.setMountAttributes(path: destination, set: .readOnly, clear: [], recursive: false))
        }
    }

    /// As its namespace shows it, or, without one, the container's own cgroup alone.
    private mutating func addHierarchy(
        _ hierarchy: CgroupHierarchy, at target: String, _ options: MountOptions
    ) throws(PlanError) {
        if let directories = cgroupDirectories {
            let own = directories.first {
                $0.version == hierarchy.version && $0.path.hasPrefix(hierarchy.mountPoint + "/")
            }
            if let own { try bindCgroup(own.path, to: target, options) }
            return
        }
        attached.append(
            .mount(
                source: "cgroup", target: target, type: hierarchy.version == 2 ? "cgroup2" : "cgroup",
                flags: options.flags,
                data: hierarchy.version == 2 ? "" : hierarchy.controllers.joined(separator: ",")))
    }

    private mutating func bindCgroup(
        _ path: String, to target: String, _ options: MountOptions
    ) throws(PlanError) {
        let slot = try hold(path, recursive: false)
        held.append(
            .setTreeAttributes(
                slot: slot, set: options.attributes, clear: options.clearedAttributes, propagation: [],
                recursive: false))
        attached.append(.attachTree(slot: slot, target: target))
    }
}
