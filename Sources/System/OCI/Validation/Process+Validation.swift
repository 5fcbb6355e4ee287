import Linux

extension RuntimeConfiguration.Process {
    /// Checks the process by itself, as `exec --process` is given it.
    ///
    /// - Returns: What is to be said, and not failed for.
    public func validate() throws(ConfigurationError) -> [ConfigurationWarning] {
        try ConfigurationCheck.run(document: Self.document) { (check) throws(DocumentFault) in
            try validate(&check)
        }
    }

    func validate(_ check: inout ConfigurationCheck) throws(DocumentFault) {
        if let consoleSize {
            for (size, member) in [
                (consoleSize.height, "consoleSize.height" as StaticString), (consoleSize.width, "consoleSize.width"),
            ] {
                try DocumentFault.unless(0...65535 ~= size, member, "\(size) is not between 0 and 65535")
            }
        }
        try check.inside("user", user) { (user, check) throws(DocumentFault) in
            try user.validate(&check)
        }
        try DocumentFault.unless(!arguments.isEmpty, "args", "is empty: there is nothing to run")
        // The words by which engines know that there is no such program, and end with 127.
        try DocumentFault.unless(
            !arguments[0].isEmpty, "args[0]", "is empty: executable file not found in $PATH")
        try DocumentFault.unlessAbsolute(workingDirectory, "cwd")
        try check.each("env", environment) { (variable, _) throws(DocumentFault) in
            try DocumentFault.unless(
                variable.cut(at: "=").map { !$0.before.isEmpty } ?? false,
                "\(quoting: variable) is not an environment variable, NAME=VALUE")
        }
        try check.inside("capabilities", capabilities) { (capabilities, check) throws(DocumentFault) in
            try capabilities.validate(&check)
        }
        try validateLimits(&check)
        if let score = oomScoreAdjustment {
            try DocumentFault.unless(-1000...1000 ~= score, "oomScoreAdj", "\(score) is not between -1000 and 1000")
        }
        try check.inside("scheduler", scheduler) { (scheduler, check) throws(DocumentFault) in
            try scheduler.validate(&check)
        }
        try check.inside("ioPriority", ioPriority) { (priority, _) throws(DocumentFault) in
            try DocumentFault.unlessOne(of: RuntimeConfiguration.IOPriority.classes, priority.class, "class")
            try DocumentFault.unless(
                0...7 ~= priority.priority, "priority", "\(priority.priority) is not between 0 and 7")
        }
        try check.inside("execCPUAffinity", execCPUAffinity) { (affinity, _) throws(DocumentFault) in
            try IndexList.validate(affinity.initial, "initial")
            try IndexList.validate(affinity.final, "final")
        }
    }

    private func validateLimits(_ check: inout ConfigurationCheck) throws(DocumentFault) {
        var seen: [String] = []
        try check.each("rlimits", resourceLimits) { (limit, _) throws(DocumentFault) in
            try DocumentFault.unless(
                Linux.ResourceLimit.Resource(named: limit.type) != nil, "type",
                "\(quoting: limit.type) is not a limit the kernel knows, like RLIMIT_NOFILE")
            try DocumentFault.unless(!seen.contains(limit.type), "type", "\(limit.type) is given twice")
            seen.append(limit.type)
            try DocumentFault.unless(
                limit.soft <= limit.hard, "soft", "\(limit.soft) is greater than the hard limit \(limit.hard)")
        }
    }
}

extension RuntimeConfiguration.User {
    /// The kernel's −1 is no id, but the word for "leave as it is" (`setresuid(2)`).
    fileprivate func validate(_ check: inout ConfigurationCheck) throws(DocumentFault) {
        let problem = "\(UInt32.max) is not an ID: to the kernel it means none"
        try DocumentFault.unless(uid != .max, "uid", problem)
        try DocumentFault.unless(gid != .max, "gid", problem)
        if let umask {
            try DocumentFault.unless(umask <= 0o777, "umask", "\(umask) has bits beyond 511 (octal 777)")
        }
        // NGROUPS_MAX (limits.h); the kernel says EINVAL to more.
        try DocumentFault.unless(
            additionalGids.count <= 65_536, "additionalGids",
            "\(additionalGids.count) groups are more than the 65536 that a process can have")
        try check.each("additionalGids", additionalGids) { (gid, _) throws(DocumentFault) in
            try DocumentFault.unless(gid != .max, problem)
        }
    }
}

extension RuntimeConfiguration.Capabilities {
    /// An unknown capability must be a warning (config.md, "Linux Process").
    fileprivate func validate(_ check: inout ConfigurationCheck) throws(DocumentFault) {
        let sets: [(StaticString, [String])] = [
            ("bounding", bounding), ("effective", effective), ("permitted", permitted), ("inheritable", inheritable),
            ("ambient", ambient),
        ]
        // Once each: one that is asked for is usually in several sets.
        var known: Set<String> = []
        for (set, names) in sets {
            try check.each(set, names) { (name, check) throws(DocumentFault) in
                guard CapabilitySet(named: name) == nil, known.insert(name).inserted else { return }
                check.warn("\(quoting: name) is not a capability known here")
            }
        }
    }
}

extension RuntimeConfiguration.IOPriority {
    /// The words of `ioPriority.class`.
    public static let classes = ["IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE"]
}

extension RuntimeConfiguration.Scheduler {
    /// The words of `scheduler.policy`.
    public static let policies = [
        "SCHED_OTHER", "SCHED_FIFO", "SCHED_RR", "SCHED_BATCH", "SCHED_ISO", "SCHED_IDLE", "SCHED_DEADLINE",
    ]
    /// The words of `scheduler.flags`.
    public static let knownFlags = [
        "SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_RECLAIM", "SCHED_FLAG_DL_OVERRUN", "SCHED_FLAG_KEEP_POLICY",
        "SCHED_FLAG_KEEP_PARAMS", "SCHED_FLAG_UTIL_CLAMP_MIN", "SCHED_FLAG_UTIL_CLAMP_MAX",
    ]

    /// Numbers that are 0 are as good as absent: the specification's own types cannot tell.
    fileprivate func validate(_ check: inout ConfigurationCheck) throws(DocumentFault) {
        try DocumentFault.unlessOne(of: Self.policies, policy, "policy")
        try DocumentFault.unless(-20...19 ~= nice ?? 0, "nice", "\(nice ?? 0) is not between -20 and 19")
        let priority = priority ?? 0
        if policy == "SCHED_FIFO" || policy == "SCHED_RR" {
            try DocumentFault.unless(
                1...99 ~= priority, "priority", "\(priority) is not between 1 and 99, as \(policy) needs")
        } else {
            try DocumentFault.unless(priority == 0, "priority", "is for SCHED_FIFO and SCHED_RR only")
        }
        try check.each("flags", flags) { (flag, _) throws(DocumentFault) in
            try DocumentFault.unless(
                Self.knownFlags.contains(flag),
                "\(quoting: flag) is not one of \(Self.knownFlags.joined(separator: ", "))")
        }
        guard policy != "SCHED_DEADLINE" else { return try validateDeadline() }
        for (value, member) in [(runtime, "runtime" as StaticString), (deadline, "deadline"), (period, "period")] {
            try DocumentFault.unless(value ?? 0 == 0, member, "is for SCHED_DEADLINE only")
        }
    }

    /// The least runtime the kernel takes, in nanoseconds (sched(7), "SCHED_DEADLINE").
    private static let leastRuntime: UInt64 = 1024

    /// What the kernel would call an invalid argument, without a word of which (sched(7)).
    private func validateDeadline() throws(DocumentFault) {
        let (runtime, deadline, period) = (runtime ?? 0, deadline ?? 0, period ?? 0)
        try DocumentFault.unless(
            runtime >= Self.leastRuntime, "runtime",
            "\(runtime) ns is less than \(Self.leastRuntime), the least that SCHED_DEADLINE takes")
        try DocumentFault.unless(
            deadline >= runtime, "deadline", "\(deadline) ns is less than runtime, \(runtime), which must fit into it")
        try DocumentFault.unless(
            period == 0 || period >= deadline, "period", "\(period) ns is less than deadline, \(deadline)")
        try DocumentFault.unless(
            max(deadline, period) <= UInt64(Int64.max), period > deadline ? "period" : "deadline",
            "is more than the kernel's clock can count")
    }
}

extension IndexList {
    static func validate(_ text: String?, _ member: StaticString) throws(DocumentFault) {
        guard let text else { return }
        try DocumentFault.unless(IndexList(text) != nil, member, "\(quoting: text) is not a list of numbers like 0-3,7")
    }
}
