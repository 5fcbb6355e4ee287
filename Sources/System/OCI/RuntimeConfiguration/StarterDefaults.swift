extension RuntimeConfiguration {
    /// The version of the OCI runtime specification whose members are known here.
    public static let specificationVersion = "1.3.0"

    /// A document to start from, as `runc spec` writes it: `sh` on a terminal in a read-only root file system, with three
    /// capabilities. Its inheritable and ambient sets stay empty (CVE-2022-24769).
    public static func starter() -> RuntimeConfiguration {
        let capabilities = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
        return RuntimeConfiguration(
            // What other runtimes speak as well; nothing here needs more.
            ociVersion: "1.0.2",
            root: Root(path: "rootfs", readonly: true),
            hostname: "isolab",
            process: Process(
                terminal: true, arguments: ["sh"], environment: [dockerPath, "TERM=xterm"],
                capabilities: Capabilities(
                    bounding: capabilities, effective: capabilities, permitted: capabilities),
                resourceLimits: [ResourceLimit(type: "RLIMIT_NOFILE", soft: 1024, hard: 1024)],
                noNewPrivileges: true),
            mounts: starterMounts,
            linux: LinuxSettings(
                namespaces: [.pid, .network, .ipc, .uts, .mount, .cgroup].map { Namespace($0) },
                resources: Resources(devices: [Resources.DeviceRule(allow: false, access: "rwm")]),
                maskedPaths: dockerMaskedPaths,
                readonlyPaths: dockerReadonlyPaths))
    }

    /// The starter for an ordinary user, as `runc spec --rootless` writes it: root inside is that user outside, no other id
    /// is mapped, the network is the host's, and no limit is asked for.
    public static func rootlessStarter(user: UInt32, group: UInt32) -> RuntimeConfiguration {
        var configuration = starter()
        // No group 5 is mapped, and a sysfs of one's own needs a network namespace of one's own.
        configuration.mounts = starterMounts.map { mount in
            var mount = mount
            mount.options.removeAll { $0 == "gid=5" }
            guard mount.type == "sysfs" else { return mount }
            return Mount(
                destination: mount.destination, type: "none", source: mount.destination,
                options: ["rbind"] + mount.options)
        }
        configuration.linux?.namespaces.removeAll { $0.kind == .network }
        configuration.linux?.namespaces.append(Namespace(.user))
        configuration.linux?.uidMappings = [IDMapping(containerID: 0, hostID: user, size: 1)]
        configuration.linux?.gidMappings = [IDMapping(containerID: 0, hostID: group, size: 1)]
        configuration.linux?.resources = nil
        return configuration
    }

    private static let starterMounts: [Mount] = dockerMounts.map { mount in
        var mount = mount
        if mount.destination == "/sys/fs/cgroup" { mount.options.append("relatime") }
        return mount
    }
}
