import Linux

/// Device rules in systemd's words (DevicePolicy, DeviceAllow). Pure.
///
/// systemd has an allowed list alone: what is denied after more was allowed stays to the cgroup's own rules, which hold beside it. It
/// never allows less than the rules do, for on v2 both must agree.
enum DeviceProperties {
    /// - Parameter names: the text of /proc/devices.
    static func of(_ rules: [CgroupLimits.DeviceRule], names: String) -> [UnitProperty] {
        var allowsAll = true
        var allowed: [CgroupLimits.DeviceRule] = []
        for rule in rules {
            if rule.kind == .all {
                allowsAll = rule.allow
                allowed = []
            } else if rule.allow {
                if let known = allowed.firstIndex(where: { $0.names(rule) }) {
                    allowed[known].access.formUnion(rule.access)
                } else {
                    allowed.append(rule)
                }
            } else if let known = allowed.firstIndex(where: { $0.names(rule) }) {
                allowed[known].access.subtract(rule.access)
                if allowed[known].access.isEmpty { allowed.remove(at: known) }
            }
        }
        // An empty list takes back what was allowed before; others are added to it.
        let none = UnitProperty("DeviceAllow", .array(of: "(ss)", []))
        guard !allowsAll else { return [UnitProperty("DevicePolicy", .string("auto")), none] }
        let known = DeviceNames(names)
        let entries: [BusValue] = allowed.flatMap { rule in
            known.patterns(of: rule).map { .structure([.string($0), .string(rule.letters)]) }
        }
        return [
            UnitProperty("DevicePolicy", .string("strict")), none,
            UnitProperty("DeviceAllow", .array(of: "(ss)", entries)),
        ]
    }
}

extension CgroupLimits.DeviceRule {
    fileprivate func names(_ other: Self) -> Bool {
        kind == other.kind && major == other.major && minor == other.minor
    }

    fileprivate var letters: String {
        ([(.read, "r"), (.write, "w"), (.makeNode, "m")] as [(Access, String)]).filter { access.contains($0.0) }
            .map(\.1).joined()
    }
}

/// Which devices have which names (proc_devices(5)): systemd takes all of one kind by its name alone.
struct DeviceNames {
    private var characters: [UInt32: [String]] = [:]
    private var blocks: [UInt32: [String]] = [:]

    init(_ text: String) {
        var isBlock = false
        for line in text.parts(between: "\n") {
            if line.starts("Block") { isBlock = true }
            let words = line.parts(between: " ")
            guard words.count == 2, let major = UInt32(words[0]) else { continue }
            if isBlock {
                blocks[major, default: []].append(String(words[1]))
            } else {
                characters[major, default: []].append(String(words[1]))
            }
        }
    }

    /// How DeviceAllow takes what a rule names.
    func patterns(of rule: CgroupLimits.DeviceRule) -> [String] {
        let kind = rule.kind == .block ? "block" : "char"
        guard let major = rule.major else { return ["\(kind)-*"] }
        if let minor = rule.minor { return ["/dev/\(kind)/\(major):\(minor)"] }
        return ((rule.kind == .block ? blocks : characters)[major] ?? []).map { "\(kind)-\($0)" }
    }
}
