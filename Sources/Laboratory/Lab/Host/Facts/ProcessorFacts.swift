import RunRecord

/// CPU, microcode, governor, turbo, SMT, NUMA, counter.
enum ProcessorFacts {
    private static let cpus = "/sys/devices/system/cpu"

    static func read(_ host: HostSource) -> [Fact] {
        let text = host.text("/proc/cpuinfo") ?? ""
        let first = HostSource.fields(text)
        let signature = ["cpu family", "model", "stepping"].compactMap { first[$0] }.joined(separator: "/")
        return [
            .known("model", first["model name"] ?? first["Processor"], decisive: true),
            .known(
                "vendor, family/model/stepping",
                [first["vendor_id"], signature].compactMap { $0 }.joined(separator: " ")),
            .known("microcode", first["microcode"], decisive: true),
            .known("logical CPUs", count(text), decisive: true),
            .known("topology", topology(text)),
            .known("SMT", smt(host), decisive: true),
            .known("NUMA nodes", host.text("/sys/devices/system/node/online")),
            .known("frequency governor", governor(host), decisive: true),
            .known("frequency driver", host.text("\(cpus)/cpu0/cpufreq/scaling_driver")),
            .known("turbo", turbo(host), decisive: true),
            .known("highest frequency", frequency(host)),
            .known("idle governor", host.text("\(cpus)/cpuidle/current_governor")),
            .known("time-stamp counter", counter(first["flags"])),
        ]
    }

    private static func count(_ cpuinfo: String) -> String? {
        let count = cpuinfo.split(separator: "\n").filter { $0.hasPrefix("processor") }.count
        return count == 0 ? nil : "\(count)"
    }

    /// Sockets and cores as distinct pairs of physical and core number.
    private static func topology(_ cpuinfo: String) -> String? {
        var sockets: Set<String> = []
        var cores: Set<String> = []
        for paragraph in cpuinfo.split(separator: "\n\n") {
            let fields = HostSource.fields(paragraph)
            guard let socket = fields["physical id"], let core = fields["core id"] else { continue }
            sockets.insert(socket)
            cores.insert("\(socket)/\(core)")
        }
        guard !cores.isEmpty else { return nil }
        return
            "\(sockets.count) socket\(sockets.count == 1 ? "" : "s"), \(cores.count) core\(cores.count == 1 ? "" : "s")"
    }

    private static func smt(_ host: HostSource) -> String? {
        switch host.text("\(cpus)/smt/active") {
        case "1": "on"
        case "0": host.text("\(cpus)/smt/control").map { "off (\($0))" } ?? "off"
        default: nil
        }
    }

    /// One word where all CPUs have the same governor; else each with its count.
    private static func governor(_ host: HostSource) -> String? {
        var counts: [String: Int] = [:]
        for name in host.names(cpus) where name.hasPrefix("cpu") && Int(name.dropFirst(3)) != nil {
            if let governor = host.text("\(cpus)/\(name)/cpufreq/scaling_governor") {
                counts[governor, default: 0] += 1
            }
        }
        if counts.count <= 1 { return counts.keys.first }
        return counts.sorted { $0.key < $1.key }.map { "\($0.key) on \($0.value)" }.joined(separator: ", ")
    }

    private static func turbo(_ host: HostSource) -> String? {
        if let off = host.text("\(cpus)/intel_pstate/no_turbo") { return off == "1" ? "off" : "on" }
        if let boost = host.text("\(cpus)/cpufreq/boost") { return boost == "1" ? "on" : "off" }
        return nil
    }

    private static func frequency(_ host: HostSource) -> String? {
        host.number("\(cpus)/cpu0/cpufreq/cpuinfo_max_freq").map { "\($0 / 1000) MHz" }
    }

    private static func counter(_ flags: String?) -> String? {
        guard let flags else { return nil }
        let words = flags.split(separator: " ").filter {
            ["constant_tsc", "nonstop_tsc", "rdtscp", "tsc"].contains($0)
        }
        return words.isEmpty ? "none" : words.joined(separator: " ")
    }
}
