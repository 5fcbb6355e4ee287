import Glibc
import Linux
import OCI

/// The part of a plan that builds the container's file tree.
///
/// The root is entered first (`pivot_root`), everything else is mounted from inside it: a symbolic link in an image then
/// leads nowhere but into the image. What comes from the host (bind mounts, device files for a user namespace) is taken
/// hold of before (`open_tree`) and attached after; and so are /proc and /sys of a user namespace, which may be made only
/// while others of their kind are in sight.
extension LaunchPlan {
    mutating func planMounts(
        _ configuration: RuntimeConfiguration, _ linux: RuntimeConfiguration.LinuxSettings, _ root: RootFileSystem,
        _ options: Options, namespaces: Namespaces
    ) throws(PlanError) {
        guard hasOwnMounts else { return try planRootAmongOthers(configuration, linux, root, options, namespaces) }
        var builder = TreeBuilder(
            inUserNamespace: namespaces.contains(.user) || host.inUserNamespace, linux: linux, host: host)
        builder.bundle = options.lifecycle?.bundle
        builder.hasLauncherHold =
            options.lifecycle != nil && namespaces.contains(.user) && host.privileged && !host.inUserNamespace
        if case .directory(let path) = root { builder.root = path }
        if !namespaces.contains(.cgroup) { builder.cgroupDirectories = options.lifecycle?.cgroupDirectories }
        let own = options.lifecycle?.cgroupDirectories ?? ownDirectories
        builder.hierarchies = Set(
            host.cgroups.hierarchies.map(\.mountPoint).filter { point in
                own.contains { $0.path.hasPrefix(point + "/") }
            })
        for (index, mount) in configuration.mounts.enumerated() { try builder.add(mount, at: index) }
        // An image without a /dev of its own gets the devices in the one it has; a /dev of the host's has them.
        if options.lifecycle != nil, !builder.hasDevices { builder.addDefaultDevices() }
        if !builder.hasForeignDevices {
            for (index, device) in linux.devices.enumerated() { try builder.add(device, at: index) }
        }
        builder.finish(hasConsole: configuration.process?.terminal ?? false)
        warnings += builder.warnings
        hostTrees = builder.hostTrees

        // Taken while they are what the host's are: they pass mounts on in both directions.
        steps += builder.heldShared
        // Nothing mounted here reaches the host, and what the host unmounts goes here too.
        steps.append(.mount(source: "", target: "/", type: "", flags: [.follower, .recursive], data: ""))
        let rootPath = planRoot(root)
        steps += builder.held

        let noPivot = options.lifecycle?.noPivot ?? false
        // What lies below a root that was moved stays there, though nothing leads to it.
        let covered = noPivot ? host.kernelMounts.filter { !ContainerPath.contains(rootPath, $0) } : []
        let enter = covered.map(ChildStep.conceal) + [noPivot ? .moveRoot(path: rootPath) : .pivotRoot(path: rootPath)]
        planEntry(configuration, options, path: rootPath, attached: builder.attached, enter: enter)
        try planInside(configuration, linux)
        steps += linux.readonlyPaths.map { .makeReadOnly(path: ContainerPath.clean($0)) }
        steps += linux.maskedPaths.map { .mask(path: ContainerPath.clean($0)) }
        if configuration.root?.readonly == true {
            steps.append(.setMountAttributes(path: "/", set: .readOnly, clear: [], recursive: false))
        }
        if let propagation = linux.rootfsPropagation {
            steps.append(
                .mount(source: "", target: "/", type: "", flags: MountOptions([propagation]).propagation, data: ""))
        }
    }

    /// Enters the root and attaches what belongs into it, with the hooks that look at it from outside.
    mutating func planEntry(
        _ configuration: RuntimeConfiguration, _ options: Options, path: String, attached: [ChildStep],
        enter: [ChildStep]
    ) {
        let hooks = configuration.hooks ?? RuntimeConfiguration.Hooks()
        // Before what may be mounted on them.
        let directories = options.directories.map { ChildStep.ensureDirectory(path: $0) }
        let needsLauncher = !hooks.prestart.isEmpty || !hooks.createRuntime.isEmpty || !networkDevices.isEmpty
        if let lifecycle = options.lifecycle, needsLauncher || !hooks.createContainer.isEmpty {
            // Hooks see the whole tree of the container from outside of it: the root is entered by chroot for now.
            steps.append(.enterRoot(path: path))
            steps += directories + attached
            steps.append(.leaveRoot)
            if needsLauncher { steps.append(.awaitLauncher(.runtimeHooks)) }
            for (number, hook) in hooks.createContainer.enumerated() {
                steps.append(
                    .hook(
                        HookPlan.child(
                            hook, lifecycle, configuration, status: .creating, directory: lifecycle.bundle,
                            kind: "createContainer", number: number)))
            }
            steps += enter
        } else {
            steps += enter
            steps += directories + attached
        }
    }

    /// What is written and made in the new root, whatever is mounted there.
    mutating func planInside(
        _ configuration: RuntimeConfiguration, _ linux: RuntimeConfiguration.LinuxSettings
    ) throws(PlanError) {
        // In the document's order: one may set another (net.ipv4.ip_forward sets that of every device).
        for parameter in linux.sysctl {
            guard let path = Self.path(ofKernelParameter: parameter.name) else {
                throw PlanError("linux.sysctl", "'\(parameter.name)' names no kernel parameter")
            }
            steps.append(.writeFile(path: "/proc/sys/" + path, content: parameter.value))
        }
        // Made where the image has none, as by runc and crun, while it can be.
        if let directory = configuration.process?.workingDirectory, directory != "/" {
            steps.append(.ensureDirectory(path: directory))
        }
    }

    /// Of a container that is no runtime's: where its cgroup will be, whatever its name.
    private var ownDirectories: [CgroupPlan.Directory] {
        limits.map { CgroupPlan(name: "container", limits: $0, layout: host.cgroups).directories } ?? []
    }

    /// Mounts the root on the host's empty directory, in the child's mount namespace alone; answers where it is.
    private mutating func planRoot(_ root: RootFileSystem) -> String {
        switch root {
        case .overlay(let lower, let volatile, let size):
            let base = host.mountPoint
            let data = ["mode=0755", size.map { "size=\($0)" }].compactMap { $0 }.joined(separator: ",")
            steps += [
                .mount(source: "isolab", target: base, type: "tmpfs", flags: [], data: data),
                .makeDirectory(path: base + "/upper", mode: 0o755),
                .makeDirectory(path: base + "/work", mode: 0o700),
                .makeDirectory(path: base + "/merged", mode: 0o755),
            ]
            let layers = lower.map(OverlayMount.escaped).joined(separator: ":")
            var options = "lowerdir=\(layers),upperdir=\(base)/upper,workdir=\(base)/work"
            if volatile { options += ",volatile" }
            // Only user.* extended attributes may be set from inside a user namespace.
            if identityMaps != nil { options += ",userxattr" }
            steps.append(.mount(source: "overlay", target: base + "/merged", type: "overlay", flags: [], data: options))
            return base + "/merged"
        case .snapshot(let overlay):
            steps.append(
                .mountOverlay(
                    overlay, target: host.mountPoint,
                    userAttributes: identityMaps != nil || host.inUserNamespace))
            return host.mountPoint
        case .readOnly(let path):
            let base = host.mountPoint
            steps += [
                .mount(source: path, target: base, type: "", flags: [.bind, .recursive], data: ""),
                .setMountAttributes(path: base, set: .readOnly, clear: [], recursive: false),
            ]
            return base
        case .directory(let path):
            steps.append(.bindRoot(path: path))
            return path
        }
    }

    /// `net.ipv4.conf.eth0/1.forwarding` → `net/ipv4/conf/eth0.1/forwarding` (sysctl(8)).
    static func path(ofKernelParameter name: String) -> String? { KernelParameter(name)?.path }
}
