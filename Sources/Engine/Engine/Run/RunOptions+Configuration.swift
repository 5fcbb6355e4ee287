package import ImageRuntime
import Linux
package import OCI
import Seccomp

extension RunOptions {
    /// The `config.json` of a container of an image: Docker's defaults, what the image says, and above both these options.
    ///
    /// - Parameters:
    ///   - command: in place of the image's; empty: the image's.
    ///   - user: as the image knows him.
    ///   - id: the container's, whose first twelve digits are its host name.
    ///   - rootPath: where the container's own files are.
    /// - Throws: `OptionError`, or `ConfigurationError` where the image and the options say nothing to run.
    package func configuration(
        of image: ImageConfiguration, command: [String], user: ResolvedUser, id: String, rootPath: String,
        facts: RunFacts
    ) throws -> RuntimeConfiguration {
        try validate()
        var base = ImageRuntimeConfiguration(image, user: user)
        if let words = entrypointWords { base.entrypoint = words }
        if !command.isEmpty { base.command = command }
        let hostname = self.hostname ?? (network == .host || sharesHostName ? facts.hostname : String(id.prefix(12)))
        // Whoever shares a name does not give it.
        base.hostname = sharesHostName ? nil : hostname
        base.defaultEnvironment = ["HOSTNAME=\(hostname)"]
        base.environment = EnvironmentChange.apply(environment, to: []) { facts.environment[$0] }
        base.workingDirectory = workingDirectory?.isEmpty == true ? nil : workingDirectory
        base.terminal = terminal
        base.rootReadOnly = readOnly
        // 0 is no limit, as with Docker.
        base.memory = memory.flatMap { $0.bytes == 0 ? nil : $0.bytes }
        base.memoryAndSwap = memoryAndSwap?.bytes ?? defaultMemoryAndSwap(facts)
        base.processCount = processCount == 0 ? -1 : processCount
        base.capabilities = capabilities(facts)
        base.noNewPrivileges = security.contains(.noNewPrivileges(true))
        for annotation in annotations { base.annotations[annotation.name] = annotation.value }
        if let stopSignal { base.annotations["org.opencontainers.image.stopSignal"] = stopSignal }
        var result = try base.runtimeConfiguration(rootPath: rootPath, seccomp: profile(facts))
        if let memoryReservation {
            var limits = result.linux?.resources?.memory ?? RuntimeConfiguration.Resources.Memory()
            limits.reservation = memoryReservation.bytes
            result.linux?.resources?.memory = limits
        }
        setProcessor(&result)
        if let blockWeight {
            var limits = result.linux?.resources?.blockIO ?? RuntimeConfiguration.Resources.BlockIO()
            limits.weight = blockWeight
            result.linux?.resources?.blockIO = limits
        }
        setNamespaces(&result)
        if facts.inUserNamespace { result.adaptToUserNamespace() }
        if let memoryKillScore { result.process?.oomScoreAdjustment = memoryKillScore }
        if hasInit { setInit(&result, facts) }
        setMounts(&result, readOnly ? imageVolumes(of: image).mounts : [])
        try setDevices(&result, facts)
        setProtections(&result, facts)
        result.process?.resourceLimits = limits.map(\.limit)
        for parameter in kernelParameters {
            // One parameter has two ways of writing.
            for name in result.linux?.sysctl.names ?? []
            where KernelParameter(name) == KernelParameter(parameter.name) {
                result.linux?.sysctl[name] = nil
            }
            result.linux?.sysctl[parameter.name] = parameter.value
        }
        return result
    }

    private func capabilities(_ facts: RunFacts) -> [String] {
        if privileged { return facts.capabilities }
        return CapabilityChange.apply(
            add: addedCapabilities, drop: droppedCapabilities, to: RuntimeConfiguration.dockerCapabilities)
    }

    private func profile(_ facts: RunFacts) -> SeccompProfile? {
        if let own = facts.seccompProfile { return own }
        return privileged || security.contains(.seccompUnconfined) ? nil : .docker(capabilities: capabilities(facts))
    }

    // MARK: - Limits

    /// As much swap as memory, as Docker has it; else a limit would be none where there is swap.
    private func defaultMemoryAndSwap(_ facts: RunFacts) -> Int64? {
        guard facts.limitsSwap, let memory, memory.bytes != 0 else { return nil }
        return memory.bytes.multipliedReportingOverflow(by: 2).overflow ? nil : memory.bytes * 2
    }

    private func setProcessor(_ result: inout RuntimeConfiguration) {
        guard
            processors?.quota != nil || processorShares != nil || processorSet != nil || memoryNodes != nil
                || processorQuota != nil || processorPeriod != nil
        else { return }
        var cpu = RuntimeConfiguration.Resources.Processor()
        if let quota = processors?.quota {
            cpu.quota = quota
            cpu.period = ProcessorTime.period
        }
        if let processorQuota {
            cpu.quota = processorQuota <= 0 ? -1 : processorQuota
            cpu.period = processorPeriod ?? ProcessorTime.period
        } else if let processorPeriod {
            cpu.period = processorPeriod
        }
        cpu.shares = processorShares
        cpu.cpus = processorSet
        cpu.mems = memoryNodes
        result.linux?.resources?.cpu = cpu
    }

    // MARK: - What it sees

    private func setNamespaces(_ result: inout RuntimeConfiguration) {
        if sharesProcesses { result.linux?.namespaces.removeAll { $0.kind == .pid } }
        if sharesHostName { result.linux?.namespaces.removeAll { $0.kind == .uts } }
        if sharesCgroupNames { result.linux?.namespaces.removeAll { $0.kind == .cgroup } }
        if sharesIPC {
            result.linux?.namespaces.removeAll { $0.kind == .ipc }
            // A host need not have mounted its queues.
            result.mounts.removeAll { $0.destination == "/dev/mqueue" && !SystemFile.exists("/dev/mqueue") }
            for index in result.mounts.indices
            where ["/dev/shm", "/dev/mqueue"].contains(result.mounts[index].destination) {
                let path = result.mounts[index].destination
                result.mounts[index] = RuntimeConfiguration.Mount(
                    destination: path, type: "bind", source: path, options: ["rbind", "nosuid", "noexec", "nodev"])
            }
        }
        guard network == .host else { return }
        result.linux?.namespaces.removeAll { $0.kind == .network }
        // They would be the host's.
        result.linux?.sysctl = [:]
    }

    /// - Parameter imageVolumes: in memory.
    private func setMounts(_ result: inout RuntimeConfiguration, _ imageVolumes: [RuntimeConfiguration.Mount]) {
        if let sharedMemory, !sharesIPC {
            for index in result.mounts.indices where result.mounts[index].destination == "/dev/shm" {
                result.mounts[index].options.removeAll { $0.starts("size=") }
                result.mounts[index].options.append("size=\(sharedMemory.bytes)")
            }
        }
        // From the outside in: what is below another comes after it.
        let own = (imageVolumes + temporaryMounts.map(\.mount) + volumes.map(\.mount)).enumerated().sorted {
            let depths = ($0.element.destination, $1.element.destination)
            let (first, second) = (depths.0.parts(between: "/").count, depths.1.parts(between: "/").count)
            return (first, $0.offset) < (second, $1.offset)
        }.map(\.element)
        result.mounts.removeAll { mount in own.contains { $0.destination == mount.destination } }
        result.mounts += own
        if privileged {
            for index in result.mounts.indices where ["sysfs", "cgroup"].contains(result.mounts[index].type) {
                result.mounts[index].options.removeAll { $0 == "ro" }
                result.mounts[index].options.append("rw")
            }
        }
    }

    private func setDevices(_ result: inout RuntimeConfiguration, _ facts: RunFacts) throws(OptionError) {
        if privileged {
            result.linux?.devices = facts.devices.values.sorted { $0.path < $1.path }.filter {
                !Self.defaultDevices.contains($0.path)
            }
            result.linux?.resources?.devices = [RuntimeConfiguration.Resources.DeviceRule(allow: true, access: "rwm")]
        }
        for grant in devices {
            guard var device = facts.devices[grant.source] else {
                throw OptionError("--device", grant.source, "there is no such device on this host")
            }
            device.path = grant.target
            result.linux?.devices.removeAll { $0.path == grant.target }
            if facts.inUserNamespace {
                // Made nodes are for root of the host: the host's own is shown, which a configuration finds by its path there.
                result.mounts.append(
                    RuntimeConfiguration.Mount(
                        destination: grant.target, type: "bind", source: grant.source, options: ["bind"]))
            } else if !Self.defaultDevices.contains(grant.target) {
                result.linux?.devices.append(device)
            }
            guard !privileged else { continue }
            result.linux?.resources?.devices.append(
                RuntimeConfiguration.Resources.DeviceRule(
                    allow: true, type: device.type, major: device.major, minor: device.minor, access: grant.access))
        }
    }

    /// Those every container has (config-linux.md, "Default Devices").
    private static let defaultDevices: Set<String> = [
        "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/console", "/dev/ptmx",
    ]

    /// The first process is isolab's own: it starts the command, passes signals on, and takes in what the others leave.
    private func setInit(_ result: inout RuntimeConfiguration, _ facts: RunFacts) {
        result.mounts.append(
            RuntimeConfiguration.Mount(
                destination: Self.initArguments[0], type: "bind", source: facts.initProgram,
                options: ["bind", "ro", "nosuid"]))
        result.process?.arguments.insert(contentsOf: Self.initArguments, at: 0)
    }

    /// What stands before the command then.
    static let initArguments = ["/dev/init", "--"]

    // MARK: - Protections

    private func setProtections(_ result: inout RuntimeConfiguration, _ facts: RunFacts) {
        result.linux?.maskedPaths += RuntimeConfiguration.dockerMaskedPaths(processors: facts.heatedProcessors)
        if privileged {
            result.linux?.maskedPaths = []
            result.linux?.readonlyPaths = []
        }
        for option in security {
            switch option {
            case .apparmor(let name): result.process?.apparmorProfile = name == "unconfined" ? nil : name
            case .mask(let paths): result.linux?.maskedPaths += paths
            case .unmask(let paths):
                func isKept(_ path: String) -> Bool {
                    !paths.isEmpty && !paths.contains { path == $0 || path.starts($0 + "/") }
                }
                result.linux?.maskedPaths.removeAll { !isKept($0) }
                result.linux?.readonlyPaths.removeAll { !isKept($0) }
            case .noNewPrivileges, .seccompFile, .seccompUnconfined, .labelDisabled: break
            }
        }
    }
}
