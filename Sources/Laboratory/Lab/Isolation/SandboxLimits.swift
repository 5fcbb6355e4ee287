import Linux

/// What the cgroup of one process allows it besides memory, as its files say.
struct SandboxLimits: Equatable, Sendable {
    /// Nil where there is no limit, or none that can be read.
    var processes: UInt64?
    /// Processors' worth of time; nil where there is no limit, or none that can be read.
    var processors: Double?
    /// Whether it may open and make every device. Nil on cgroup v2, where a program in the kernel holds the rules.
    var allowsEveryDevice: Bool?
    /// Controllers that this host has: what it has not, nobody can limit by.
    var controllers: Set<String> = []

    /// Looks at a process.
    init(process: Int32) {
        guard let layout = try? CgroupLayout.detect(), let cgroups = try? SystemFile.read("/proc/\(process)/cgroup")
        else { return }
        func text(_ controller: String, _ classic: String, _ unified: String?) -> String? {
            guard let hierarchy = layout.hierarchy(of: controller),
                let file = hierarchy.version == 2 ? unified : classic,
                let path = MemoryCgroup.path(in: cgroups, version: hierarchy.version, controller: controller)
            else { return nil }
            return try? SystemFile.read("\(hierarchy.mountPoint)\(path)/\(file)")
        }
        controllers = Set(["cpu", "pids"].filter { layout.hierarchy(of: $0) != nil })
        processes = text("pids", "pids.max", "pids.max").flatMap { UInt64($0.prefix { $0 != "\n" }) }
        if layout.hierarchy(of: "cpu")?.version == 2 {
            processors = text("cpu", "", "cpu.max").flatMap(Self.processorTime)
        } else if let quota = text("cpu", "cpu.cfs_quota_us", nil), let period = text("cpu", "cpu.cfs_period_us", nil) {
            processors = Self.processorTime("\(quota) \(period)")
        }
        allowsEveryDevice = text("devices", "devices.list", nil).map(Self.allowsEverything)
    }

    init(processes: UInt64?, processors: Double?, allowsEveryDevice: Bool?, controllers: Set<String>) {
        self.processes = processes
        self.processors = processors
        self.allowsEveryDevice = allowsEveryDevice
        self.controllers = controllers
    }

    /// From quota and period in microseconds, as cpu.max has them; `max` and −1 are no limit.
    static func processorTime(_ text: String) -> Double? {
        let words = text.split { $0 == " " || $0 == "\n" }
        guard words.count == 2, let quota = Double(words[0]), let period = Double(words[1]), quota > 0, period > 0
        else { return nil }
        return quota / period
    }

    /// Of devices.list: `a *:* rwm` stands where no rule was ever made.
    static func allowsEverything(_ list: String) -> Bool {
        list.split(separator: "\n").contains { $0.first == "a" }
    }

    /// In what this is less than what is declared.
    func differences(_ declared: DeclaredIsolation) -> [String] {
        var differences: [String] = []
        if let limit = declared.processLimit, controllers.contains("pids"), processes != limit {
            let found = processes.map { "\($0)" } ?? "no number that can be seen"
            differences.append("its processes are limited to \(found) instead of \(limit)")
        }
        if let limit = declared.processors, controllers.contains("cpu"), abs((processors ?? 0) - limit) > 0.001 {
            let found = processors.map { "\($0)" } ?? "no number of processors that can be seen"
            differences.append("its processor time is limited to \(found) instead of \(limit)")
        }
        if declared.forbidsDevices, allowsEveryDevice == true {
            differences.append("it may open every device")
        }
        return differences
    }
}
