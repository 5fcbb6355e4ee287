import RunRecord

/// Kernel, command line, clock source, RCU.
enum KernelFacts {
    static func read(_ host: HostSource) -> [Fact] {
        let clock = "/sys/devices/system/clocksource/clocksource0"
        return [
            .known("release", host.text("/proc/sys/kernel/osrelease"), decisive: true),
            .known("version", host.text("/proc/sys/kernel/version")),
            .known("command line", host.text("/proc/cmdline"), decisive: true),
            .known("distribution", distribution(host.text("/etc/os-release"))),
            .known("clock source", host.text("\(clock)/current_clocksource"), decisive: true),
            .known("clock sources available", host.text("\(clock)/available_clocksource")),
            .known("rcu_expedited", host.text("/sys/kernel/rcu_expedited"), decisive: true),
            .known("rcu_normal", host.text("/sys/kernel/rcu_normal")),
            .known("ticks stopped on CPUs", host.text("/sys/devices/system/cpu/nohz_full")),
            .known("isolated CPUs", host.text("/sys/devices/system/cpu/isolated").map { $0.isEmpty ? "none" : $0 }),
        ]
    }

    private static func distribution(_ text: String?) -> String? {
        guard let line = text?.split(separator: "\n").first(where: { $0.hasPrefix("PRETTY_NAME=") }) else { return nil }
        return line.dropFirst(12).filter { $0 != "\"" && $0 != "'" }
    }
}

/// What the processor's known weaknesses cost here: each decides the price of entering the kernel.
enum MitigationFacts {
    static func read(_ host: HostSource) -> [Fact] {
        let directory = "/sys/devices/system/cpu/vulnerabilities"
        let names = host.names(directory)
        if names.isEmpty { return [.known("mitigations", nil, decisive: true)] }
        // A processor's unaffected lines are many and say nothing: one fact lists them.
        var facts: [Fact] = []
        var unaffected: [String] = []
        for name in names {
            let state = host.text("\(directory)/\(name)") ?? HostFacts.notAvailable
            if state == "Not affected" {
                unaffected.append(name)
            } else {
                facts.append(Fact(name, state, decisive: true))
            }
        }
        if !unaffected.isEmpty {
            facts.append(Fact("not affected", unaffected.joined(separator: ", "), decisive: true))
        }
        return facts
    }
}
