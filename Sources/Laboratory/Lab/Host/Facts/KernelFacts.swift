import RunRecord

/// Kernel, command line, clock source, RCU.
enum KernelFacts {
    static func read(_ host: HostSource) -> [Fact] {
        let clock = "/sys/devices/system/clocksource/clocksource0"
        return [
            .known("release", host.text("/proc/sys/kernel/osrelease"), decisive: true),
            .known("version", host.text("/proc/sys/kernel/version")),
            .known("command line", host.text("/proc/cmdline").map(commandLine), decisive: true),
            .known("distribution", distribution(host.text("/etc/os-release"))),
            .known("clock source", host.text("\(clock)/current_clocksource"), decisive: true),
            .known("clock sources available", host.text("\(clock)/available_clocksource")),
            .known("rcu_expedited", host.text("/sys/kernel/rcu_expedited"), decisive: true),
            .known("rcu_normal", host.text("/sys/kernel/rcu_normal")),
            .known("ticks stopped on CPUs", host.text("/sys/devices/system/cpu/nohz_full")),
            .known("isolated CPUs", host.text("/sys/devices/system/cpu/isolated").map { $0.isEmpty ? "none" : $0 }),
        ]
    }

    /// The kernel's own parameters, in their order. Left out is what names this one machine rather than how its kernel
    /// behaves (disks, boot image, init and its arguments behind `--`), and what may be private.
    static func commandLine(_ text: String) -> String {
        let naming = ["BOOT_IMAGE", "initrd", "root", "rootflags", "resume", "init", "rdinit", "ip", "nfsroot", "ds"]
        var words: [Substring] = []
        for word in text.split(separator: " ") {
            if word == "--" { break }
            if let equals = word.firstIndex(of: "="), naming.contains(String(word[..<equals])) { continue }
            words.append(word)
        }
        return words.joined(separator: " ")
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
            let state = host.text("\(directory)/\(name)") ?? HostReport.notAvailable
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
