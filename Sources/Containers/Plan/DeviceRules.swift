import Linux
import OCI

/// The devices a container may use.
enum DeviceRules {
    /// What the specification's default devices need, allowed last as runc and crun do: any node may be made, and these
    /// may be opened (config-linux.md, "Default Devices").
    static let always = [
        "c *:* m", "b *:* m", "c 1:3 rwm", "c 1:5 rwm", "c 1:7 rwm", "c 1:8 rwm", "c 1:9 rwm", "c 5:0 rwm",
        "c 5:2 rwm", "c 136:* rwm",
    ]

    static func rules(_ rules: [RuntimeConfiguration.Resources.DeviceRule]) -> [CgroupLimits.DeviceRule] {
        var result = rules.map { CgroupLimits.DeviceRule(allow: $0.allow, rule: text($0)) }
        // Without a rule everything is allowed, and allowing more would say nothing.
        guard !result.isEmpty else { return [] }
        for rule in always where !result.contains(where: { $0.allow && $0.rule == rule }) {
            result.append(CgroupLimits.DeviceRule(allow: true, rule: rule))
        }
        return result
    }

    private static func text(_ rule: RuntimeConfiguration.Resources.DeviceRule) -> String {
        let type = rule.type ?? "a"
        let anything = type == "a" && rule.major == nil && rule.minor == nil
        if anything { return "a" }
        func number(_ value: Int64?) -> String { value.flatMap { $0 >= 0 ? String($0) : nil } ?? "*" }
        return "\(type) \(number(rule.major)):\(number(rule.minor)) \(rule.access ?? "rwm")"
    }
}
