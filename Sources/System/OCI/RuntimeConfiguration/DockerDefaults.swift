extension RuntimeConfiguration {
    /// The container that `docker run --network none` (Docker Engine 28, its default settings) makes of an image, as the
    /// `config.json` it hands to the runtime; crun 1.8 and runc 1.1 take it as it is.
    ///
    /// Left out on purpose: the bind mounts of `/etc/hosts`, `/etc/hostname` and `/etc/resolv.conf`, which are the engine's.
    ///
    /// - Parameters:
    ///   - rootPath: The root file system, absolute or relative to the bundle.
    ///   - cgroupPath: Absolute below each hierarchy's root, e.g. `/isolab/<name>`; nil: the runtime chooses.
    ///   - memory: Bytes. Docker would allow as much again of swap; kernels without swap accounting refuse that, so
    ///     it is set only by `memoryAndSwap`.
    ///   - processors: Processors' worth of time, e.g. 0.5 (Docker's `--cpus`).
    ///   - userMappings: Given, the container has a user namespace with these mappings.
    ///   - capabilities: Bounding, effective and permitted alike; inheritable and ambient stay empty, as Docker has them.
    ///   - seccomp: Docker's profile for these capabilities, or nil for none.
    public static func docker(
        arguments: [String], environment: [String] = [dockerPath], workingDirectory: String = "/",
        user: User = User(), rootPath: String = "rootfs", rootReadOnly: Bool = false, hostname: String? = nil,
        cgroupPath: String? = nil, memory: Int64? = nil, memoryAndSwap: Int64? = nil, processors: Double? = nil,
        processCount: Int64? = nil, userMappings: UserMappings? = nil,
        capabilities: [String] = dockerCapabilities, seccomp: SeccompProfile?
    ) -> RuntimeConfiguration {
        var resources = Resources(devices: dockerDeviceRules)
        if memory != nil || memoryAndSwap != nil {
            resources.memory = Resources.Memory(limit: memory, swap: memoryAndSwap)
        }
        if let processors {
            let period: UInt64 = 100_000
            resources.cpu = Resources.Processor(
                quota: Int64((processors * Double(period)).rounded()), period: period)
        }
        if let processCount { resources.pids = Resources.ProcessCount(limit: processCount) }

        var namespaces: [Namespace.Kind] = [.mount, .network, .uts, .pid, .ipc, .cgroup]
        if userMappings != nil { namespaces.insert(.user, at: 0) }

        return RuntimeConfiguration(
            // What runc 1.1 and crun 1.8 speak; nothing here needs more.
            ociVersion: "1.0.2",
            root: Root(path: rootPath, readonly: rootReadOnly),
            hostname: hostname,
            process: Process(
                user: user, arguments: arguments, environment: environment, workingDirectory: workingDirectory,
                capabilities: Capabilities(
                    bounding: capabilities, effective: capabilities, permitted: capabilities),
                oomScoreAdjustment: 0),
            mounts: dockerMounts,
            linux: LinuxSettings(
                namespaces: namespaces.map { Namespace($0) },
                uidMappings: userMappings?.users ?? [],
                gidMappings: userMappings?.groups ?? [],
                cgroupsPath: cgroupPath,
                resources: resources,
                maskedPaths: dockerMaskedPaths,
                readonlyPaths: dockerReadonlyPaths,
                sysctl: dockerKernelParameters(userNamespace: userMappings != nil),
                seccomp: seccomp))
    }

    /// The mappings of a user namespace.
    public struct UserMappings: Equatable, Sendable {
        public var users: [IDMapping]
        public var groups: [IDMapping]

        public init(users: [IDMapping], groups: [IDMapping]) {
            self.users = users
            self.groups = groups
        }

        /// Ids 0 … size − 1 stand for `firstHostID` … on the host, for users and groups alike (Docker's
        /// `userns-remap` takes 65536 of them from `/etc/subuid`).
        public static func contiguous(from firstHostID: UInt32, size: UInt32 = 65536) -> UserMappings {
            let mapping = [IDMapping(containerID: 0, hostID: firstHostID, size: size)]
            return UserMappings(users: mapping, groups: mapping)
        }
    }

    /// The environment Docker gives to images that set none.
    public static let dockerPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// The 14 capabilities of a container that asks for none.
    public static let dockerCapabilities = [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID",
        "CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL",
        "CAP_AUDIT_WRITE",
    ]

    static let dockerMounts = [
        Mount(destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"]),
        Mount(
            destination: "/dev", type: "tmpfs", source: "tmpfs",
            options: ["nosuid", "strictatime", "mode=755", "size=65536k"]),
        Mount(
            destination: "/dev/pts", type: "devpts", source: "devpts",
            options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
        Mount(destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"]),
        Mount(
            destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup",
            options: ["ro", "nosuid", "noexec", "nodev"]),
        Mount(destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"]),
        Mount(
            destination: "/dev/shm", type: "tmpfs", source: "shm",
            options: ["nosuid", "noexec", "nodev", "mode=1777", "size=67108864"]),
    ]

    /// Docker also masks each processor's `thermal_throttle` directory where the host has one: `dockerMaskedPaths(processors:)`.
    static let dockerMaskedPaths = [
        "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
        "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
        "/sys/devices/virtual/powercap",
    ]

    /// The counters of a host's processors that tell by their heat what others do (a side channel, as `/proc/interrupts` is).
    ///
    /// - Parameter processors: the numbers of those that have such counters.
    public static func dockerMaskedPaths(processors: [Int]) -> [String] {
        processors.map { "/sys/devices/system/cpu/cpu\($0)/thermal_throttle" }
    }

    static let dockerReadonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]

    /// Ordinary users may ping and bind low ports: harmless in a network namespace of the container's own.
    private static func dockerKernelParameters(userNamespace: Bool) -> KernelParameters {
        var parameters: KernelParameters = ["net.ipv4.ip_unprivileged_port_start": "0"]
        // A range of groups must be mapped in the namespace that owns the network; Docker leaves it out with remapping.
        if !userNamespace { parameters["net.ipv4.ping_group_range"] = "0 2147483647" }
        return parameters
    }

    /// Leaves out what a container cannot have whose maker is root of a user namespace alone, as podman does for an ordinary user:
    /// less weight with the kernel's out-of-memory killer than its maker, a range of groups of which some are not mapped, rules of
    /// devices, none of which can be made there, and, beside the host's network, a sysfs of its own, in whose place it sees the
    /// host's.
    public mutating func adaptToUserNamespace() {
        process?.oomScoreAdjustment = nil
        linux?.resources?.devices = [Resources.DeviceRule(allow: true, access: "rwm")]
        linux?.sysctl["net.ipv4.ping_group_range"] = nil
        guard linux?.namespaces.contains(where: { $0.kind == .network }) == false else { return }
        for index in mounts.indices where mounts[index].type == "sysfs" {
            mounts[index].type = "bind"
            mounts[index].source = "/sys"
            mounts[index].options.insert("rbind", at: 0)
        }
    }

    /// Everything is refused but the harmless character devices; a runtime adds what `mknod` and terminals need.
    private static let dockerDeviceRules: [Resources.DeviceRule] = {
        func character(_ allow: Bool, _ major: Int64, _ minor: Int64) -> Resources.DeviceRule {
            Resources.DeviceRule(allow: allow, type: "c", major: major, minor: minor, access: "rwm")
        }
        return [
            Resources.DeviceRule(allow: false, access: "rwm"),
            character(true, 1, 5),  // zero
            character(true, 1, 3),  // null
            character(true, 1, 9),  // urandom
            character(true, 1, 8),  // random
            // Not 5:1, which Docker allows: a container's own console is a terminal like others, and the device is the host's.
            character(true, 5, 0),  // tty
            character(false, 10, 229),  // fuse
        ]
    }()
}
