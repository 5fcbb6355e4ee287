package import ImageRuntime
package import Machines
package import OCI

extension RunOptions {
    /// The command of a guest of an image.
    ///
    /// - Parameter networks: where it is in networks.
    /// - Throws: `OptionError` for an option that says something a guest does not have: refused by its name, never left out.
    package func guestCommand(
        of image: ImageConfiguration, command: [String], user: ResolvedUser, id: String, facts: RunFacts,
        networks: GuestNetworks? = nil
    ) throws -> GuestCommand {
        try refuseWhatNoGuestHas()
        let configuration = try configuration(
            of: image, command: command, user: user, id: id, rootPath: "/", facts: facts)
        guard let process = configuration.process else {
            throw ConfigurationError(
                document: "image configuration", path: "config.Cmd", problem: "specifies no command to run")
        }
        let hostname = configuration.hostname ?? String(id.prefix(12))
        let hosts =
            networks.map { files(of: $0, hostname: hostname) } ?? [
                GuestCommand.File(path: "/etc/hosts", content: Array(loopbackHosts(hostname: hostname).utf8))
            ]
        return GuestCommand(
            process.arguments, environment: process.environment, workingDirectory: process.workingDirectory,
            user: user.uid, group: user.gid, additionalGroups: process.user.additionalGids, hostname: hostname,
            terminal: terminal ? TerminalSize(of: 0) ?? TerminalSize(rows: 24, columns: 80) : nil,
            attachesInput: interactive, readOnlyRoot: readOnly,
            files: [
                GuestCommand.File(path: "/etc/hostname", content: Array("\(hostname)\n".utf8))
            ] + hosts + imageVolumes(of: image).paths.map { GuestCommand.File(directory: $0) },
            shares: volumes.map { GuestCommand.Share(source: $0.source, target: $0.target, readOnly: $0.readOnly) },
            interfaces: networks?.interfaces ?? [], memory: memory.map { UInt64($0.bytes) },
            vcpus: try virtualProcessors())
    }

    /// Before anything is fetched or made.
    func refuseWhatNoGuestHas() throws(OptionError) {
        let given: [(String, Bool, String)] = [
            ("--tmpfs", !temporaryMounts.isEmpty, "has its own /tmp and /run, and takes no mounts in memory"),
            ("--device", !devices.isEmpty, "has no devices of the host"),
            ("--network", network == .host, "has its own kernel and cannot share the host's network"),
            ("--network", sharesNetwork, "has its own kernel and cannot share a container's network"),
            ("--shm-size", sharedMemory != nil, "has a /dev/shm sized by its own kernel"),
            (
                "--volume", volumes.contains { !$0.flags.isEmpty },
                "shares directories with the permissions they have on the host"
            ),
            (
                "--mount", volumes.contains { $0.isPart },
                "shares whole volumes: omit volume-subpath"
            ),
            ("--memory-reservation", memoryReservation != nil, "has a fixed amount of memory"),
            ("--memory-swap", memoryAndSwap != nil, "has no swap"),
            ("--cpu-shares", processorShares != nil, "takes --cpus only"),
            ("--cpuset-cpus", processorSet != nil, "takes --cpus only"),
            ("--cpuset-mems", memoryNodes != nil, "takes --cpus only"),
            ("--cpu-quota", processorQuota != nil, "takes --cpus only"),
            ("--cpu-period", processorPeriod != nil, "takes --cpus only"),
            (
                "--oom-score-adj", memoryKillScore != nil,
                "cannot be chosen by the kernel when memory runs out: only its QEMU process can"
            ),
            ("--pid", sharesProcesses, "has its own kernel and cannot see the host's processes"),
            ("--ipc", sharesIPC, "has its own kernel and cannot share the host's IPC"),
            ("--uts", sharesHostName, "has its own kernel and a name of its own"),
            ("--cgroupns", sharesCgroupNames, "has its own kernel, with its own cgroups"),
            ("--blkio-weight", blockWeight != nil, "has disks of its own"),
            ("--init", hasInit, "always has isolab's own init process"),
            ("--stop-timeout", stopTimeout != nil, "receives the signal that isolab receives"),
            ("--pids-limit", processCount != nil, "has its own kernel: its processes are not the host's"),
            ("--ulimit", !limits.isEmpty, "has its own kernel, with its own limits"),
            ("--sysctl", !kernelParameters.isEmpty, "has its own kernel, with its own parameters"),
            ("--cap-add", !addedCapabilities.isEmpty, "has its own kernel, where root has all capabilities"),
            ("--cap-drop", !droppedCapabilities.isEmpty, "has its own kernel, where root has all capabilities"),
            ("--security-opt", !security.isEmpty, "is confined by its virtual machine, not by filters and masks"),
            ("--privileged", privileged, "has no privileges on the host, and all privileges inside"),
            ("--annotation", !annotations.isEmpty, "has no config.json"),
            ("--stop-signal", stopSignal != nil, "receives the signal that isolab receives"),
        ]
        for (option, isGiven, reason) in given where isGiven {
            throw OptionError(option, "", "not supported with --vm: a guest \(reason)")
        }
    }

    private var sharesNetwork: Bool {
        if case .container = network { return true }
        return false
    }

    private func virtualProcessors() throws(OptionError) -> Int {
        guard let quota = processors?.quota else { return 1 }
        let (whole, rest) = quota.quotientAndRemainder(dividingBy: Int64(ProcessorTime.period))
        guard rest == 0, whole >= 1 else {
            throw OptionError("--cpus", "", "with --vm it must be a whole number: a guest has whole processors")
        }
        return Int(whole)
    }
}
