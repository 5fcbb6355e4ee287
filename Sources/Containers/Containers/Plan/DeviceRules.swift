import Linux
import OCI

/// The devices a container may use.
enum DeviceRules {
    /// What the specification's default devices need, allowed last as runc and crun do: any node may be made, and these
    /// may be opened (config-linux.md, "Default Devices").
    static let always: [CgroupLimits.DeviceRule] =
        [
            .init(allow: true, kind: .character, access: .makeNode),
            .init(allow: true, kind: .block, access: .makeNode),
        ]
        + ([(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 2), (136, nil)] as [(UInt32, UInt32?)]).map {
            .init(allow: true, kind: .character, major: $0.0, minor: $0.1)
        }

    /// Everything is denied that the list does not allow: it is an allowed list (config-linux.md), and a container that can
    /// make nodes could use every disk of the host otherwise.
    static func rules(
        _ rules: [RuntimeConfiguration.Resources.DeviceRule]
    ) throws(PlanError) -> [CgroupLimits.DeviceRule] {
        var result: [CgroupLimits.DeviceRule] = []
        for rule in rules { result += try expanded(rule) }
        if result.first?.kind != .all { result.insert(.init(allow: false), at: 0) }
        // Once everything is allowed, allowing more would say nothing.
        if let last = result.last, last.kind == .all, last.allow { return [last] }
        for rule in always where !result.contains(rule) { result.append(rule) }
        return result
    }

    /// The kernel's `a` is every device in every way, whatever stands behind it: a rule for all types that says less becomes
    /// one for each.
    private static func expanded(
        _ rule: RuntimeConfiguration.Resources.DeviceRule
    ) throws(PlanError) -> [CgroupLimits.DeviceRule] {
        let access = try access(rule.access)
        guard !access.isEmpty else { return [] }
        let (major, minor) = (try number(rule.major), try number(rule.minor))
        let kinds: [CgroupLimits.DeviceRule.Kind]
        switch rule.type ?? "a" {
        case "a": kinds = major == nil && minor == nil && access == .all ? [.all] : [.character, .block]
        // `u` is an old name of c (mknod(1)).
        case "c", "u": kinds = [.character]
        case "b": kinds = [.block]
        case let other: throw PlanError("linux.resources.devices", "unknown type '\(other)'")
        }
        return kinds.map { .init(allow: rule.allow, kind: $0, major: major, minor: minor, access: access) }
    }

    /// Absent: all three.
    private static func access(_ letters: String?) throws(PlanError) -> CgroupLimits.DeviceRule.Access {
        guard let letters, !letters.isEmpty else { return .all }
        var access: CgroupLimits.DeviceRule.Access = []
        for letter in letters {
            switch letter {
            case "r": access.insert(.read)
            case "w": access.insert(.write)
            case "m": access.insert(.makeNode)
            default: throw PlanError("linux.resources.devices", "unknown access '\(letter)' in '\(letters)'")
            }
        }
        return access
    }

    /// Negative numbers stand for any, as in engines that write −1.
    private static func number(_ value: Int64?) throws(PlanError) -> UInt32? {
        guard let value, value >= 0 else { return nil }
        guard let number = UInt32(exactly: value) else {
            throw PlanError("linux.resources.devices", "\(value) is not a device number")
        }
        return number
    }
}
