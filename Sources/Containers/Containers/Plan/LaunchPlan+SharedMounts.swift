import Linux
import OCI

/// The part of a plan for a container whose mount namespace is the launcher's or, joined by path, another container's.
///
/// What is mounted there is others' as well: nothing is mounted, bound, masked or made read-only, and what asks for it is refused. The
/// root is changed by chroot(2) for the container's processes alone, each of those that join it included. Whoever may call it again
/// leaves such a root: CAP_SYS_CHROOT is withheld, and the kernel makes no user namespace in one, in which it could be had.
extension LaunchPlan {
    static func refuseMounts(
        _ configuration: RuntimeConfiguration, _ linux: RuntimeConfiguration.LinuxSettings, _ root: RootFileSystem
    ) throws(PlanError) {
        guard case .directory = root else {
            throw PlanError("linux.namespaces", "this root needs a mount namespace")
        }
        let asked: [(field: String, isAsked: Bool)] = [
            ("mounts", !configuration.mounts.isEmpty), ("linux.maskedPaths", !linux.maskedPaths.isEmpty),
            ("linux.readonlyPaths", !linux.readonlyPaths.isEmpty),
            ("linux.rootfsPropagation", linux.rootfsPropagation?.isEmpty == false),
            ("root.readonly", configuration.root?.readonly == true),
        ]
        guard let first = asked.first(where: \.isAsked) else { return }
        throw PlanError(
            first.field,
            "needs a new mount namespace: it would change the host's or another container's mounts")
    }

    mutating func planRootAmongOthers(
        _ configuration: RuntimeConfiguration, _ linux: RuntimeConfiguration.LinuxSettings, _ root: RootFileSystem,
        _ options: Options, _ namespaces: Namespaces
    ) throws(PlanError) {
        guard case .directory(let path) = root else { return }
        let isInUserNamespace = namespaces.contains(.user) || host.inUserNamespace
        var builder = TreeBuilder(inUserNamespace: isInUserNamespace, linux: linux, host: host)
        // Where a device is made it stays; where it would have to be bound it is left out, and so it is in a root of others.
        let isOthers = foreignNamespaces.contains { $0.namespace == .mount }
        if !isInUserNamespace, !isOthers, options.lifecycle != nil {
            builder.addDefaultDevices()
            for (index, device) in linux.devices.enumerated() { try builder.add(device, at: index) }
        } else if !linux.devices.isEmpty {
            warnings.append("linux.devices: ignored, as the container has no mount namespace of its own")
        }
        steps.append(.holdRoot(path: path))
        planEntry(configuration, options, path: path, attached: builder.attached, enter: [.changeRoot])
        try planInside(configuration, linux)
    }
}
