public import ImageRuntime
public import Machines
public import OCI

extension RunOptions {
    /// The command of a guest of an image.
    ///
    /// - Throws: `OptionError` for an option that says something a guest does not have: refused by its name, never left out.
    public func guestCommand(
        of image: ImageConfiguration, command: [String], user: ResolvedUser, id: String, facts: RunFacts
    ) throws -> GuestCommand {
        try refuseWhatNoGuestHas()
        let configuration = try configuration(
            of: image, command: command, user: user, id: id, rootPath: "/", facts: facts)
        guard let process = configuration.process else {
            throw ConfigurationError(
                document: "image configuration", path: "config.Cmd", problem: "says nothing to run")
        }
        let hostname = configuration.hostname ?? String(id.prefix(12))
        return GuestCommand(
            process.arguments, environment: process.environment, workingDirectory: process.workingDirectory,
            user: user.uid, group: user.gid, additionalGroups: process.user.additionalGids, hostname: hostname,
            terminal: terminal ? TerminalSize(of: 0) ?? TerminalSize(rows: 24, columns: 80) : nil,
            attachesInput: interactive, readOnlyRoot: readOnly,
            files: [
                .init(path: "/etc/hostname", content: Array("\(hostname)\n".utf8)),
                .init(path: "/etc/hosts", content: Array(loopbackHosts(hostname: hostname).utf8)),
            ] + imageVolumes(of: image).paths.map { GuestCommand.File(directory: $0) },
            shares: volumes.map { GuestCommand.Share(source: $0.source, target: $0.target, readOnly: $0.readOnly) },
            memory: memory.map { UInt64($0.bytes) }, vcpus: try virtualProcessors())
    }

    private func refuseWhatNoGuestHas() throws(OptionError) {
        let given: [(String, Bool, String)] = [
            ("--tmpfs", !temporaryMounts.isEmpty, "is not told of mounts; /tmp and /run are its own anyway"),
            ("--device", !devices.isEmpty, "has no devices of the host"),
            ("--network", network == .host, "has no network of the host"),
            ("--shm-size", sharedMemory != nil, "has a /dev/shm of its kernel's size"),
            (
                "--volume", volumes.contains { !$0.flags.isEmpty },
                "shares directories with what they may do on the host"
            ),
            ("--memory-reservation", memoryReservation != nil, "has its memory to itself"),
            ("--memory-swap", memoryAndSwap != nil, "has no swap"),
            ("--cpu-shares", processorShares != nil, "takes --cpus alone"),
            ("--cpuset-cpus", processorSet != nil, "takes --cpus alone"),
            ("--cpuset-mems", memoryNodes != nil, "takes --cpus alone"),
            ("--cpu-quota", processorQuota != nil, "takes --cpus alone"),
            ("--cpu-period", processorPeriod != nil, "takes --cpus alone"),
            ("--oom-score-adj", memoryKillScore != nil, "is no process that the kernel would choose among others"),
            ("--pid", sharesProcesses, "has a kernel of its own: the host's processes are not its"),
            ("--ipc", sharesIPC, "has a kernel of its own: the host's memory is not its"),
            ("--init", hasInit, "has a first process of isolab's anyway"),
            ("--stop-timeout", stopTimeout != nil, "is asked to end by the signal that isolab gets"),
            ("--pids-limit", processCount != nil, "has a kernel of its own: its processes are not the host's"),
            ("--ulimit", !limits.isEmpty, "has a kernel of its own, with its limits"),
            ("--sysctl", !kernelParameters.isEmpty, "has a kernel of its own, with its parameters"),
            ("--cap-add", !addedCapabilities.isEmpty, "has a kernel of its own: its root may do all there"),
            ("--cap-drop", !droppedCapabilities.isEmpty, "has a kernel of its own: its root may do all there"),
            ("--security-opt", !security.isEmpty, "is kept in by its machine, not by filters and masks"),
            ("--privileged", privileged, "is not privileged on its host, and all of its own"),
            ("--annotation", !annotations.isEmpty, "has no config.json"),
            ("--stop-signal", stopSignal != nil, "is asked to end by the signal that isolab gets"),
        ]
        for (option, isGiven, reason) in given where isGiven {
            throw OptionError(option, "", "a guest (--vm) \(reason)")
        }
    }

    private func virtualProcessors() throws(OptionError) -> Int {
        guard let quota = processors?.quota else { return 1 }
        let (whole, rest) = quota.quotientAndRemainder(dividingBy: Int64(ProcessorTime.period))
        guard rest == 0, whole >= 1 else {
            throw OptionError("--cpus", "", "a guest (--vm) has whole processors: give a whole number")
        }
        return Int(whole)
    }
}
