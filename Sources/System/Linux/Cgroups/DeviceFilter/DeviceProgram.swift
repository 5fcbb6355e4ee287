/// Device rules as a BPF program: what stands for v1's devices controller on v2. Pure.
///
/// Each way of using a device (read, write, make a node) is decided by the last rule that matches the device and speaks of it;
/// all that a request asks for must be allowed. What no rule speaks of is allowed, as in v1's root.
struct DeviceProgram: Equatable, Sendable {
    var instructions: [BPFInstruction] = []

    /// What the kernel asks about: `struct bpf_cgroup_dev_ctx` gives type and access in one word, then the device's numbers.
    private enum Context {
        static let accessAndType: Int16 = 0
        static let major: Int16 = 4
        static let minor: Int16 = 8
    }

    /// `BPF_DEVCG_DEV_…`
    static func number(of kind: CgroupLimits.DeviceRule.Kind) -> Int32? {
        switch kind {
        case .all: nil
        case .block: 1
        case .character: 2
        }
    }

    init(_ rules: [CgroupLimits.DeviceRule]) {
        // r2: the type; r3: what is still undecided of the access asked for; r4 and r5: the numbers.
        instructions = [
            .init(.load, .r2, source: .r1, offset: Context.accessAndType),
            .init(.copy, .r3, source: .r2),
            .init(.shiftRight, .r3, immediate: 16),
            .init(.and, .r2, immediate: 0xffff),
            .init(.load, .r4, source: .r1, offset: Context.major),
            .init(.load, .r5, source: .r1, offset: Context.minor),
        ]
        for rule in rules.reversed() {
            guard let block = Self.block(rule) else { continue }
            instructions += block
            // The verifier refuses what can never be reached.
            if rule.decidesEverything { return }
        }
        instructions += Self.answer(true)
    }

    /// The instructions of one rule: past its end where it does not decide. Nil for one that can match no device.
    private static func block(_ rule: CgroupLimits.DeviceRule) -> [BPFInstruction]? {
        // An immediate has a sign; numbers that large are no device's (12 bits and 20).
        guard (rule.major ?? 0) <= Int32.max, (rule.minor ?? 0) <= Int32.max else { return nil }
        let access = Int32(rule.access.rawValue)
        var decision: [BPFInstruction]
        if rule.access == .all {
            decision = answer(rule.allow)
        } else if rule.allow {
            decision = [.init(.and, .r3, immediate: ~access), .init(.jumpUnlessEqual, .r3, offset: 2, immediate: 0)]
            decision += answer(true)
        } else {
            decision = [.init(.jumpIfAny, .r3, offset: 1, immediate: access), .init(.jump, offset: 2)]
            decision += answer(false)
        }
        var conditions: [(register: BPFInstruction.Register, value: Int32)] = []
        if let type = number(of: rule.kind) { conditions.append((.r2, type)) }
        // v1's `a` has no numbers.
        if rule.kind != .all {
            if let major = rule.major { conditions.append((.r4, Int32(major))) }
            if let minor = rule.minor { conditions.append((.r5, Int32(minor))) }
        }
        let tests = conditions.enumerated().map { index, condition in
            BPFInstruction(
                .jumpUnlessEqual, condition.register, offset: Int16(conditions.count - index - 1 + decision.count),
                immediate: condition.value)
        }
        return tests + decision
    }

    private static func answer(_ allow: Bool) -> [BPFInstruction] {
        [.init(.set, .r0, immediate: allow ? 1 : 0), .init(.exit)]
    }
}

extension CgroupLimits.DeviceRule {
    /// Whether nothing before it in the list can matter.
    fileprivate var decidesEverything: Bool { kind == .all && access == .all }
}
