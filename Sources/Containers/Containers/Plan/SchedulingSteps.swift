import Linux
import OCI

/// Steps that are one system call with numbers: scheduler, input-output priority, processors, memory policy, personality.
enum SchedulingSteps {
    // MARK: - Processor and disk

    /// `sched_setattr(2)`.
    static func scheduler(_ scheduler: RuntimeConfiguration.Scheduler) throws(PlanError) -> ChildStep {
        let policies: [String: UInt32] = [
            "SCHED_OTHER": 0, "SCHED_FIFO": 1, "SCHED_RR": 2, "SCHED_BATCH": 3, "SCHED_ISO": 4, "SCHED_IDLE": 5,
            "SCHED_DEADLINE": 6,
        ]
        guard let policy = policies[scheduler.policy] else {
            throw PlanError("process.scheduler.policy", "unknown policy '\(scheduler.policy)'")
        }
        let flags = try union(
            scheduler.flags,
            [
                "SCHED_FLAG_RESET_ON_FORK": 1, "SCHED_FLAG_RECLAIM": 2, "SCHED_FLAG_DL_OVERRUN": 4,
                "SCHED_FLAG_KEEP_POLICY": 8, "SCHED_FLAG_KEEP_PARAMS": 16, "SCHED_FLAG_UTIL_CLAMP_MIN": 32,
                "SCHED_FLAG_UTIL_CLAMP_MAX": 64,
            ], "process.scheduler.flags")
        // struct sched_attr, version 0: size and policy, flags, nice and priority, then three times in nanoseconds.
        let attributes: [UInt64] = [
            48 | UInt64(policy) << 32, flags,
            UInt64(UInt32(bitPattern: scheduler.nice ?? 0)) | UInt64(UInt32(bitPattern: scheduler.priority ?? 0)) << 32,
            scheduler.runtime ?? 0, scheduler.deadline ?? 0, scheduler.period ?? 0,
        ]
        return .systemCall(
            name: "sched_setattr", number: SystemCallNumber.schedulerAttributes, operands: [0, 0, 0],
            memory: attributes, place: 1)
    }

    /// `ioprio_set(2)` of the process itself.
    static func ioPriority(_ priority: RuntimeConfiguration.IOPriority) throws(PlanError) -> ChildStep {
        let classes: [String: UInt64] = ["IOPRIO_CLASS_RT": 1, "IOPRIO_CLASS_BE": 2, "IOPRIO_CLASS_IDLE": 3]
        guard let kind = classes[priority.class] else {
            throw PlanError("process.ioPriority.class", "unknown class '\(priority.class)'")
        }
        guard (0...7).contains(priority.priority) else {
            throw PlanError("process.ioPriority.priority", "must be 0 to 7, is \(priority.priority)")
        }
        return .systemCall(
            name: "ioprio_set", number: SystemCallNumber.ioPriority,
            operands: [1, 0, kind << 13 | UInt64(priority.priority)], memory: nil, place: 0)
    }

    /// `sched_setaffinity(2)`.
    static func affinity(_ list: String, field: String) throws(PlanError) -> ChildStep {
        let mask = try bits(list, field: field)
        return .systemCall(
            name: "sched_setaffinity", number: SystemCallNumber.affinity, operands: [0, UInt64(mask.count * 8), 0],
            memory: mask, place: 2)
    }

    // MARK: - Memory and personality

    static let memoryModes: [String: UInt64] = [
        "MPOL_DEFAULT": 0, "MPOL_PREFERRED": 1, "MPOL_BIND": 2, "MPOL_INTERLEAVE": 3, "MPOL_LOCAL": 4,
        "MPOL_PREFERRED_MANY": 5, "MPOL_WEIGHTED_INTERLEAVE": 6,
    ]
    static let memoryFlags: [String: UInt64] = [
        "MPOL_F_NUMA_BALANCING": 1 << 13, "MPOL_F_RELATIVE_NODES": 1 << 14, "MPOL_F_STATIC_NODES": 1 << 15,
    ]

    /// `set_mempolicy(2)`.
    static func memoryPolicy(_ policy: RuntimeConfiguration.MemoryPolicy) throws(PlanError) -> ChildStep {
        guard let mode = memoryModes[policy.mode] else {
            throw PlanError("linux.memoryPolicy.mode", "unknown mode '\(policy.mode)'")
        }
        let flags = try union(policy.flags, memoryFlags, "linux.memoryPolicy.flags")
        let nodes = policy.nodes ?? ""
        guard !nodes.isEmpty else {
            return .systemCall(
                name: "set_mempolicy", number: SystemCallNumber.memoryPolicy, operands: [mode | flags, 0, 0],
                memory: nil, place: 0)
        }
        let mask = try bits(nodes, field: "linux.memoryPolicy.nodes")
        // The kernel reads one bit less than it is told.
        return .systemCall(
            name: "set_mempolicy", number: SystemCallNumber.memoryPolicy,
            operands: [mode | flags, 0, UInt64(mask.count * 64 + 1)], memory: mask, place: 1)
    }

    /// `personality(2)`.
    static func personality(_ personality: RuntimeConfiguration.Personality) throws(PlanError) -> ChildStep {
        let domains: [String: UInt64] = ["LINUX": 0, "LINUX32": 8]
        guard let domain = domains[personality.domain] else {
            throw PlanError("linux.personality.domain", "must be LINUX or LINUX32, is '\(personality.domain)'")
        }
        guard personality.flags.isEmpty else {
            throw PlanError("linux.personality.flags", "the specification has none, found '\(personality.flags[0])'")
        }
        return .systemCall(
            name: "personality", number: SystemCallNumber.personality, operands: [domain], memory: nil, place: 0)
    }

    // MARK: - Pieces

    private static func union(
        _ names: [String], _ known: [String: UInt64], _ field: String
    ) throws(PlanError) -> UInt64 {
        var result: UInt64 = 0
        for (index, name) in names.enumerated() {
            guard let flag = known[name] else { throw PlanError("\(field)[\(index)]", "unknown flag '\(name)'") }
            result |= flag
        }
        return result
    }

    /// A list as cpuset(7) writes it, `0-3,8`, as words of bits.
    static func bits(_ text: String, field: String) throws(PlanError) -> [UInt64] {
        guard let list = IndexList(text), !list.isEmpty else {
            throw PlanError(field, "'\(text)' is not a list such as 0-3,8")
        }
        var words: [UInt64] = []
        for number in list.ranges.joined() {
            let word = Int(number / 64)
            while words.count <= word { words.append(0) }
            words[word] |= 1 << UInt64(number % 64)
        }
        return words
    }
}

/// Numbers of system calls that have no step of their own (<asm/unistd.h>).
enum SystemCallNumber {
    #if arch(x86_64)
        static let schedulerAttributes = 314
        static let ioPriority = 251
        static let affinity = 203
        static let memoryPolicy = 238
        static let personality = 135
    #else
        static let schedulerAttributes = 274
        static let ioPriority = 30
        static let affinity = 122
        static let memoryPolicy = 237
        static let personality = 92
    #endif
}
