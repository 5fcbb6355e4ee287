import Linux
import OCI

/// What a container was asked to be, under the names that Docker's API gives it: `Config`, `HostConfig`, `Mounts` and
/// `NetworkSettings` of `inspect`.
///
/// It is written down when the container is made, for the options and the image may be gone later.
struct ContainerSettings {
    let request: RunRequest
    let image: ImageConfiguration
    let hostname: String
    /// The caller's variables, for `-e NAME`.
    let environment: [String: String]

    private var options: RunOptions { request.options }

    var tree: JSONTree {
        .object([
            .init("Config", .object(configuration)), .init("HostConfig", .object(hostConfiguration)),
            .init("Mounts", .list(mounts)), .init("NetworkSettings", .object(network)),
        ])
    }

    private static func texts(_ texts: some Sequence<String>) -> JSONTree { .list(texts.map { .text($0) }) }

    private static func map(_ values: [NamedValue]) -> JSONTree {
        JSONTree(Dictionary(values.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }))
    }

    // MARK: - Config

    private var configuration: [JSONTree.Member] {
        let execution = image.execution
        var variables = execution.environment
        if !variables.contains(where: { $0.starts("PATH=") }) {
            variables.insert(RuntimeConfiguration.dockerPath, at: 0)
        }
        variables = EnvironmentChange.apply(options.environment, to: variables) { environment[$0] }
        var entrypoint = execution.entrypoint
        var command = execution.command
        if let own = options.entrypointWords {
            entrypoint = own
            command = []
        }
        if !request.command.isEmpty { command = request.command }
        let check: JSONTree = (try? options.health.check(over: execution)).map { JSONTree($0) } ?? .null
        let timeout: JSONTree = options.stopTimeout.map { .number($0) } ?? .null
        return [
            .init("Hostname", .text(hostname)), .init("Domainname", .text("")),
            .init("User", .text(options.user ?? execution.user ?? "")),
            .init("AttachStdin", .bool(options.interactive)), .init("AttachStdout", .bool(true)),
            .init("AttachStderr", .bool(true)), .init("ExposedPorts", JSONTree(execution.exposedPorts)),
            .init("Tty", .bool(options.terminal)), .init("OpenStdin", .bool(options.interactive)),
            .init("StdinOnce", .bool(options.interactive)), .init("Env", Self.texts(variables)),
            .init("Cmd", Self.texts(command)), .init("Image", .text(request.image)),
            .init("Volumes", JSONTree(execution.volumes)),
            .init("WorkingDir", .text(options.workingDirectory ?? execution.workingDirectory ?? "")),
            .init("Entrypoint", Self.texts(entrypoint)),
            .init(
                "Labels",
                JSONTree(
                    execution.labels.merging(
                        options.labels.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }))),
            .init("StopSignal", .text(options.stopSignal ?? execution.stopSignal ?? "SIGTERM")),
            .init("Healthcheck", check), .init("StopTimeout", timeout),
        ]
    }

    // MARK: - HostConfig

    private static func number(_ value: (some FixedWidthInteger)?) -> JSONTree { .number(value ?? 0) }

    private static func names(_ changes: [CapabilityChange]) -> JSONTree {
        let names = changes.map { change in
            switch change {
            case .all: "ALL"
            case .one(let name): name
            }
        }
        return texts(names)
    }

    private var hostConfiguration: [JSONTree.Member] { surroundings + permissions + limits }

    private var surroundings: [JSONTree.Member] {
        let binds = options.volumes.filter { $0.volume?.isAnonymous != true }.map {
            "\($0.volume?.name ?? $0.source):\($0.target)\($0.readOnly ? ":ro" : "")"
        }
        let memory = Dictionary(
            options.temporaryMounts.map { ($0.target, $0.options.joined(separator: ",")) }, uniquingKeysWith: { $1 })
        let log: [JSONTree.Member] = [
            .init("Type", .text(options.log.driver.rawValue)), .init("Config", .object(options.log.configuration)),
        ]
        let restart: [JSONTree.Member] = [
            .init("Name", .text(options.restart.kind.rawValue)),
            .init("MaximumRetryCount", .number(options.restart.most)),
        ]
        return [
            .init("Binds", Self.texts(binds)), .init("ContainerIDFile", .text(options.identifierFile ?? "")),
            .init("NetworkMode", .text(options.networkName)), .init("PortBindings", portBindings),
            .init("PublishAllPorts", .bool(options.networking.publishesAll)), .init("RestartPolicy", .object(restart)),
            .init("LogConfig", .object(log)),
            .init("AutoRemove", .bool(options.removes)), .init("Annotations", Self.map(options.annotations)),
            .init("ExtraHosts", Self.texts(options.addedHosts.map { "\($0.name):\($0.address)" })),
            .init("CgroupnsMode", .text(options.sharesCgroupNames ? "host" : "private")),
            .init("IpcMode", .text(options.sharesIPC ? "host" : "private")),
            .init("UTSMode", .text(options.sharesHostName ? "host" : "")),
            .init("PidMode", .text(options.sharesProcesses ? "host" : "")), .init("Tmpfs", JSONTree(memory)),
            .init("ShmSize", .number(options.sharedMemory?.bytes ?? 64 << 20)), .init("Runtime", .text("isolab")),
            .init("Init", .bool(options.hasInit)),
        ]
    }

    private var permissions: [JSONTree.Member] {
        let devices: [JSONTree] = options.devices.map { device in
            .object([
                .init("PathOnHost", .text(device.source)), .init("PathInContainer", .text(device.target)),
                .init("CgroupPermissions", .text(device.access)),
            ])
        }
        return [
            .init("Privileged", .bool(options.privileged)), .init("ReadonlyRootfs", .bool(options.readOnly)),
            .init("CapAdd", Self.names(options.addedCapabilities)),
            .init("CapDrop", Self.names(options.droppedCapabilities)),
            .init("GroupAdd", Self.texts(options.addedGroups)),
            .init("SecurityOpt", Self.texts(options.security.map(\.shown))),
            .init("Sysctls", Self.map(options.kernelParameters)), .init("Devices", .list(devices)),
        ]
    }

    private var limits: [JSONTree.Member] {
        let resources: [JSONTree] = options.limits.map(\.limit).map { limit in
            .object([
                .init("Name", .text(String(limit.type.dropFirst("RLIMIT_".utf8.count)).lowercased())),
                .init("Hard", .number(limit.hard)), .init("Soft", .number(limit.soft)),
            ])
        }
        // A period is a tenth of a second: each microsecond of its quota is ten thousand nanoseconds of each second's.
        let quota = (options.processors?.quota ?? 0).multipliedReportingOverflow(by: 10_000)
        return [
            .init("BlkioWeight", Self.number(options.blockWeight)),
            .init("CpuShares", Self.number(options.processorShares)),
            .init("NanoCpus", .number(quota.overflow ? Int64.max : quota.partialValue)),
            .init("CpuPeriod", Self.number(options.processorPeriod)),
            .init("CpuQuota", Self.number(options.processorQuota)),
            .init("CpusetCpus", .text(options.processorSet ?? "")),
            .init("CpusetMems", .text(options.memoryNodes ?? "")),
            .init("Memory", Self.number(options.memory?.bytes)),
            .init("MemoryReservation", Self.number(options.memoryReservation?.bytes)),
            .init("MemorySwap", Self.number(options.memoryAndSwap?.bytes)),
            .init("OomScoreAdj", Self.number(options.memoryKillScore)),
            .init("PidsLimit", options.processCount.map { .number($0) } ?? .null), .init("Ulimits", .list(resources)),
        ]
    }

    // MARK: - Mounts and NetworkSettings

    private var mounts: [JSONTree] {
        let shown: [JSONTree] = options.volumes.map { volume in
            var members: [JSONTree.Member] = [
                .init("Type", .text(volume.volume == nil ? "bind" : "volume")), .init("Source", .text(volume.source)),
                .init("Destination", .text(volume.target)), .init("Mode", .text(volume.readOnly ? "ro" : "")),
                .init("RW", .bool(!volume.readOnly)), .init("Propagation", .text(volume.propagation)),
            ]
            if let volume = volume.volume {
                members += [.init("Name", .text(volume.name)), .init("Driver", .text("local"))]
            }
            return .object(members)
        }
        let memory: [JSONTree] = options.temporaryMounts.map { mount in
            .object([
                .init("Type", .text("tmpfs")), .init("Source", .text("")), .init("Destination", .text(mount.target)),
                .init("Mode", .text(mount.options.joined(separator: ","))),
                .init("RW", .bool(!mount.options.contains("ro"))), .init("Propagation", .text("")),
            ])
        }
        return shown + memory
    }

    /// Before it has addresses, and where it has none: what it has once it runs stands in the networks' records.
    private var network: [JSONTree.Member] { NetworkSettings(name: options.networkName, places: []).members }

    private var portBindings: JSONTree {
        NetworkSettings.bindings(options.networking.ports)
    }
}

extension SecurityOption {
    /// As it could be given.
    fileprivate var shown: String {
        switch self {
        case .seccompFile(let path): "seccomp=\(path)"
        case .seccompUnconfined: "seccomp=unconfined"
        case .noNewPrivileges(let isOn): "no-new-privileges=\(isOn)"
        case .apparmor(let profile): "apparmor=\(profile)"
        case .unmask(let paths): "unmask=\(paths.isEmpty ? "ALL" : paths.joined(separator: ":"))"
        case .mask(let paths): "mask=\(paths.joined(separator: ":"))"
        case .labelDisabled: "label=disable"
        }
    }
}
