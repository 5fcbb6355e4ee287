import Glibc
import Linux

/// What the host could still give to programs.
enum HostMemory {
    /// Bytes: MemAvailable, and the free pages that each processor keeps in lists of its own, which MemAvailable does not count.
    ///
    /// Those lists hold up to several MiB a processor: an instance that is served from them seems to cost nothing, and one that
    /// ends seems to give nothing back.
    static func available() -> UInt64? {
        // Counters that each CPU keeps for itself are folded in first; root only, elsewhere the settling must do.
        _ = try? SystemFile.read("/proc/sys/vm/stat_refresh")
        guard let available = try? Procfs.memoryAvailable() else { return nil }
        let pages = (try? SystemFile.read("/proc/zoneinfo")).map(pagesKeptByProcessors) ?? 0
        return available + pages * UInt64(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// What the kernel itself holds now, bytes, by the metric that its slope becomes: what MemAvailable loses besides the pages
    /// of processes. Reclaimable slab is left out, for MemAvailable counts it as available.
    static func kernel() -> [String: Double] {
        guard let facts = try? Procfs.memoryInformation() else { return [:] }
        return kernel(facts)
    }

    static func kernel(_ facts: [String: UInt64]) -> [String: Double] {
        let names = [
            "memory.kernel.slab": ["SUnreclaim"], "memory.kernel.page_tables": ["PageTables", "SecPageTables"],
            "memory.kernel.stacks": ["KernelStack"], "memory.kernel.percpu": ["Percpu"],
        ]
        var parts: [String: Double] = names.compactMapValues { fields in
            // A kernel may lack a field; a part of which nothing is known is not nothing.
            let known = fields.compactMap { facts[$0] }
            return known.isEmpty ? nil : known.reduce(0) { $0 + Double($1) }
        }
        // Compiled filters, tables of namespaces. Stacks are of it as well, where the kernel maps them so (VMAP_STACK).
        if let all = facts["VmallocUsed"], let stacks = facts["KernelStack"], all >= stacks {
            parts["memory.kernel.vmalloc"] = Double(all - stacks)
        }
        return parts
    }

    /// The sum of `count:` below every `pagesets` of /proc/zoneinfo (proc(5)).
    static func pagesKeptByProcessors(_ zoneinfo: String) -> UInt64 {
        zoneinfo.split(separator: "\n").reduce(0) { sum, line in
            let words = line.split(separator: " ")
            guard words.count == 2, words[0] == "count:", let count = UInt64(words[1]) else { return sum }
            return sum + count
        }
    }
}
