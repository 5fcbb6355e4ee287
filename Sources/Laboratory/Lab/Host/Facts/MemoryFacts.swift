import RunRecord

/// Memory, huge pages, KSM, swap.
enum MemoryFacts {
    private static let mm = "/sys/kernel/mm"

    static func read(_ host: HostSource) -> [Fact] {
        let memory = host.fields("/proc/meminfo")
        func size(_ name: String) -> String? {
            memory[name]?.split(separator: " ").first.flatMap { Int($0) }.map(binarySize(kibibytes:))
        }
        return [
            .known("total", size("MemTotal")),
            .known("available at the start", size("MemAvailable")),
            .known("swap", swap(memory, size)),
            .known("zswap", yesNo(host.text("/sys/module/zswap/parameters/enabled"))),
            .known("transparent huge pages", host.chosen("\(mm)/transparent_hugepage/enabled"), decisive: true),
            .known("defragmentation for huge pages", host.chosen("\(mm)/transparent_hugepage/defrag")),
            .known("reserved huge pages", memory["HugePages_Total"]),
            .known("KSM", ksm(host), decisive: true),
            .known("overcommit", overcommit(host.text("/proc/sys/vm/overcommit_memory"))),
        ]
    }

    private static func swap(_ memory: [String: String], _ size: (String) -> String?) -> String? {
        guard let total = size("SwapTotal") else { return nil }
        return total == "0 KiB" ? "none" : "\(total), \(size("SwapFree") ?? "?") free"
    }

    private static func ksm(_ host: HostSource) -> String? {
        switch host.text("\(mm)/ksm/run") {
        case "0": "off"
        case "1": "on"
        case "2": "off, unmerged"
        default: nil
        }
    }

    private static func overcommit(_ mode: String?) -> String? {
        switch mode {
        case "0": "heuristic"
        case "1": "always"
        case "2": "never"
        default: mode
        }
    }
}

/// `Y` and `1` of module parameters as words.
func yesNo(_ value: String?) -> String? {
    switch value {
    case "Y", "y", "1": "on"
    case "N", "n", "0": "off"
    default: value
    }
}
