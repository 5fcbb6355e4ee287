import Containers
import Glibc
import Images
import Linux
import Networks
import OCI
import Presentation

extension Engine {
    /// The text of `isolab system info`: what is here, and how containers come about on this host.
    ///
    /// - Parameters:
    ///   - version: isolab's own.
    ///   - format: `json` or a template; nil: lines for people.
    package func information(version: String, format: String?) throws -> String {
        // A template that is none is refused before anything is counted.
        let form = try ValueFormat(format)
        return try form.text(of: try information(version: version)) { Self.lines(of: $0) }
    }

    /// Under the names that Docker's API gives it.
    private func information(version: String) throws -> JSONTree {
        let overlayProblem = try images.overlayProblem()
        let host = try HostFacts.detect()
        let warnings = Self.texts(Self.warnings(overlayProblem, host))
        let form = overlayProblem == nil ? Snapshot.Form.overlay : Snapshot.Form.copy
        var members = try counted()
        members.append(.init("ServerVersion", .text(version)))
        members.append(.init("Driver", .text(form.rawValue)))
        members += Self.ways(host)
        members += Self.place()
        members.append(.init("Warnings", warnings))
        return .object(members)
    }

    private func counted() throws -> [JSONTree.Member] {
        let statuses = try containersWithStatus(all: true).map(\.status)
        let paused = statuses.count { $0 == .paused }
        let alive = statuses.count { $0.isAlive }
        let kept = Set(try images.images().map(\.id)).count
        return [
            .init("Containers", .number(statuses.count)), .init("ContainersRunning", .number(alive - paused)),
            .init("ContainersPaused", .number(paused)), .init("ContainersStopped", .number(statuses.count - alive)),
            .init("Images", .number(kept)),
        ]
    }

    /// How containers come about.
    private static func ways(_ host: HostFacts) -> [JSONTree.Member] {
        let drivers: [JSONTree.Member] = [
            .init("Volume", texts(["local"])), .init("Network", texts(NetworkDrivers.names)),
            .init("Log", texts(LogOptions.Driver.allCases.map(\.rawValue))),
        ]
        let runtime = JSONTree.Member("path", .text(StandardDirectories.programs + "/isolab-runtime"))
        return [
            .init("LoggingDriver", .text(LogOptions().driver.rawValue)),
            .init("CgroupDriver", .text("cgroupfs")), .init("CgroupVersion", .text(version(of: host.cgroups))),
            .init("CgroupControllers", texts(host.cgroups.controllers.sorted())),
            .init("Plugins", .object(drivers)),
            .init("Runtimes", .object([.init("isolab", .object([runtime]))])),
            .init("DefaultRuntime", .text("isolab")), .init("SecurityOptions", texts(securityOptions(of: host))),
            .init("IPv4Forwarding", .bool(!ForwardingNotice.isOff)),
        ]
    }

    /// Where this is.
    private static func place() -> [JSONTree.Member] {
        let memory = (try? Procfs.memoryInformation()["MemTotal"]) ?? 0
        let processors = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        return [
            .init("KernelVersion", .text(HostDescription.kernel)),
            .init("OperatingSystem", .text(HostDescription.system)),
            .init("OSType", .text("linux")), .init("Architecture", .text(HostDescription.machine)),
            .init("NCPU", .number(processors)), .init("MemTotal", .number(memory)),
            .init("Name", .text(HostDescription.name)), .init("DockerRootDir", .text(StandardDirectories.data)),
            .init("StateDirectory", .text(StandardDirectories.state)),
        ]
    }

    private static func texts(_ texts: [String]) -> JSONTree { .list(texts.map { .text($0) }) }

    /// As Docker has it, where a host with both is one of the first.
    private static func version(of layout: CgroupLayout) -> String {
        switch layout.mode {
        case .v1, .hybrid: "1"
        case .v2: "2"
        case .none: ""
        }
    }

    private static func securityOptions(of host: HostFacts) -> [String] {
        var options: [String] = []
        if SystemFile.exists("/proc/sys/kernel/seccomp") { options.append("name=seccomp,profile=builtin") }
        options += host.securityModules.sorted().map { "name=\($0)" }
        if host.inUserNamespace { options += ["name=userns", "name=rootless"] }
        if SystemFile.exists("/proc/self/ns/cgroup") { options.append("name=cgroupns") }
        return options
    }

    private static func warnings(_ overlayProblem: String?, _ host: HostFacts) -> [String] {
        var warnings: [String] = []
        if let overlayProblem { warnings.append("each container has a copy of its image's files: \(overlayProblem)") }
        if !host.inUserNamespace, ForwardingNotice.isOff {
            warnings.append("IP forwarding is off: containers on bridges reach no other hosts")
        }
        for controller in ["memory", "cpu", "pids"] where !host.cgroups.controllers.contains(controller) {
            warnings.append("no cgroup has the controller \(controller): what it limits cannot be limited")
        }
        return warnings
    }

    // MARK: - For people

    private static func lines(of value: JSONTree) -> String {
        func text(_ name: String) -> String {
            switch value[name] {
            case .number(let digits)?: digits
            case .text(let text)?: text
            default: ""
            }
        }
        func words(_ tree: JSONTree?) -> String { (tree?.elements ?? []).compactMap(\.string).joined(separator: " ") }
        var lines = [
            "Containers: \(text("Containers"))", " Running: \(text("ContainersRunning"))",
            " Paused: \(text("ContainersPaused"))", " Stopped: \(text("ContainersStopped"))",
            "Images: \(text("Images"))", "Server Version: \(text("ServerVersion"))",
            "Storage Driver: \(text("Driver"))", "Logging Driver: \(text("LoggingDriver"))",
            "Cgroup Driver: \(text("CgroupDriver"))", "Cgroup Version: \(text("CgroupVersion"))", "Plugins:",
        ]
        for plugin in value["Plugins"]?.members ?? [] { lines.append(" \(plugin.name): \(words(plugin.value))") }
        lines.append("Runtimes: \((value["Runtimes"]?.members ?? []).map(\.name).joined(separator: " "))")
        lines.append("Default Runtime: \(text("DefaultRuntime"))")
        lines.append("Security Options:")
        for option in (value["SecurityOptions"]?.elements ?? []).compactMap(\.string) {
            let parts = option.parts(between: ",")
            lines.append(" \(parts.first?.rest(after: "name=") ?? "")")
            for part in parts.dropFirst() {
                let profile = part.rest(after: "profile=")
                lines.append(profile.map { "  Profile: \($0)" } ?? "  \(part)")
            }
        }
        lines += [
            "Kernel Version: \(text("KernelVersion"))", "Operating System: \(text("OperatingSystem"))",
            "OSType: \(text("OSType"))", "Architecture: \(text("Architecture"))", "CPUs: \(text("NCPU"))",
            "Total Memory: \(HumanSize.binary(Int64(text("MemTotal")) ?? 0))", "Name: \(text("Name"))",
            "Data Directory: \(text("DockerRootDir"))", "State Directory: \(text("StateDirectory"))",
        ]
        lines += (value["Warnings"]?.elements ?? []).compactMap(\.string).map { "WARNING: \($0)" }
        return lines.map { $0 + "\n" }.joined()
    }
}
