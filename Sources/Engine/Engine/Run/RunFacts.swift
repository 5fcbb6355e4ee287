import Glibc
package import Linux
package import OCI

/// What a run has to know of the host and the caller. Detected once; given by hand in tests.
package struct RunFacts: Equatable, Sendable {
    /// The caller's variables, for `-e NAME`.
    package var environment: [String: String]
    /// Devices of the host, by path: those that were asked for, and, with `--privileged`, every one.
    package var devices: [String: RuntimeConfiguration.Device]
    /// The content of `--security-opt seccomp=FILE`.
    package var seccompProfile: SeccompProfile?
    /// The capabilities this host can give, for `--privileged`.
    package var capabilities: [String]
    /// The host's own name, which a container with the host's network has too.
    package var hostname: String
    /// The caller is root of a user namespace and not of the host: what he has no right to, his containers have not either.
    package var inUserNamespace: Bool
    /// There is swap, and a container's can be limited.
    package var limitsSwap: Bool
    /// What `--init` starts, on the host.
    package var initProgram = ""
    /// The processors whose heat the host counts.
    package var heatedProcessors: [Int] = []

    package init(
        environment: [String: String] = [:], devices: [String: RuntimeConfiguration.Device] = [:],
        seccompProfile: SeccompProfile? = nil, capabilities: [String] = CapabilitySet.names, hostname: String = "host",
        inUserNamespace: Bool = false, limitsSwap: Bool = false
    ) {
        self.capabilities = capabilities
        self.environment = environment
        self.devices = devices
        self.seccompProfile = seccompProfile
        self.hostname = hostname
        self.inUserNamespace = inUserNamespace
        self.limitsSwap = limitsSwap
    }

    /// This host's, as far as the options need it.
    ///
    /// - Throws: `OptionError` for a device or a profile that is none, `SystemError` for what cannot be read.
    package static func detect(for options: RunOptions) throws -> RunFacts {
        let name = try SystemFile.read("/proc/sys/kernel/hostname").prefix { $0 != "\n" }
        var facts = RunFacts(
            capabilities: CapabilitySet.boundingSet().memberNames, hostname: String(name),
            inUserNamespace: !StandardDirectories.isHostRoot)
        if options.hasInit {
            facts.initProgram = StandardDirectories.programs + "/isolab-init"
            guard access(facts.initProgram, X_OK) == 0 else {
                throw OptionError(
                    "--init", "",
                    "needs \(facts.initProgram): it must be in the same directory as isolab (make install)")
            }
        }
        facts.heatedProcessors = Processors.withHeatCounters()
        try HostLimits.check(options)
        if options.memory != nil { facts.limitsSwap = try detectSwap() }
        if let volume = options.volumes.first(where: \.relabels), SystemFile.exists("/sys/fs/selinux/enforce") {
            throw OptionError(
                "--volume", volume.target, "SELinux is on, and isolab does not relabel files: omit 'z'")
        }
        for change in options.environment where change.value == nil {
            if let value = try CallerText.variable(change.name) { facts.environment[change.name] = value }
        }
        for grant in options.devices {
            guard let device = device(at: grant.source) else {
                throw OptionError("--device", grant.source, "there is no such device on this host")
            }
            facts.devices[grant.source] = device
        }
        if options.privileged { facts.addDevices(below: "/dev", depth: 0) }
        for case .seccompFile(let path) in options.security {
            do {
                facts.seccompProfile = try SeccompProfile(
                    json: try SystemFile.document(path, takesPipes: true))
            } catch let error as SystemError {
                throw OptionError("--security-opt", "seccomp=\(path)", "\(error)")
            } catch let error as ConfigurationError {
                throw OptionError("--security-opt", "seccomp=\(path)", "is not a seccomp profile: \(error)")
            }
        }
        return facts
    }

    private static func detectSwap() throws(SystemError) -> Bool {
        // A line a place, below the heading; and the kernel's files: v1's needs a setting of its own, v2's does not.
        guard try SystemFile.read("/proc/swaps").parts(between: "\n").count > 1 else { return false }
        return ["memory/memory.memsw.limit_in_bytes", "cgroup.controllers"].contains {
            SystemFile.exists("/sys/fs/cgroup/" + $0)
        }
    }

    private static func device(at path: String) -> RuntimeConfiguration.Device? {
        var status = Glibc.stat()
        guard stat(path, &status) == 0 else { return nil }
        let kind = status.st_mode & S_IFMT
        guard kind == S_IFCHR || kind == S_IFBLK else { return nil }
        return RuntimeConfiguration.Device(
            type: kind == S_IFCHR ? "c" : "b", path: path, major: Int64(DeviceNumber.major(UInt64(status.st_rdev))),
            minor: Int64(DeviceNumber.minor(UInt64(status.st_rdev))), fileMode: UInt32(status.st_mode & 0o7777),
            uid: status.st_uid, gid: status.st_gid)
    }

    /// What a container has of its own is left out: terminals, shared memory, queues.
    private mutating func addDevices(below directory: String, depth: Int) {
        let own: Set<String> = ["/dev/pts", "/dev/shm", "/dev/mqueue", "/dev/fd", "/dev/console", "/dev/ptmx"]
        for name in (try? SystemFile.names(in: directory)) ?? [] {
            let path = "\(directory)/\(name)"
            var status = Glibc.stat()
            guard !own.contains(path), lstat(path, &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR, depth < 4 {
                addDevices(below: path, depth: depth + 1)
            } else if let device = Self.device(at: path), status.st_mode & S_IFMT != S_IFLNK {
                devices[path] = device
            }
        }
    }
}
