import Linux
import OCI
import Volumes

/// `--filter` of `isolab volume ls` and `prune`: several names must all hold; several labels, too.
package struct VolumeFilter: Sendable {
    private let conditions: [(name: String, value: String)]
    private let patterns: [NamePattern]

    /// - Parameter names: those that are taken: `dangling`, `driver`, `label`, `label!`, `name`, `anonymous`, `all`.
    package init(_ option: String, _ texts: [String], names: [String]) throws(OptionError) {
        var conditions: [(name: String, value: String)] = []
        var patterns: [NamePattern] = []
        for text in texts {
            guard let parts = text.cut(at: "="), !parts.after.isEmpty else {
                throw OptionError(option, text, "takes NAME=VALUE")
            }
            let (name, value) = (String(parts.before), String(parts.after))
            guard names.contains(name) else {
                throw OptionError(option, text, "'\(name)' is not one of \(names.joined(separator: ", "))")
            }
            if ["dangling", "anonymous", "all"].contains(name), !["true", "false", "1", "0"].contains(value) {
                throw OptionError(option, text, "takes true or false")
            }
            if name == "name" { patterns.append(try NamePattern(option, value, typed: text)) }
            conditions.append((name, value))
        }
        self.conditions = conditions
        self.patterns = patterns
    }

    /// `all=true` of `prune`.
    package var asksForAll: Bool { conditions.contains { $0.name == "all" && ["true", "1"].contains($0.value) } }

    package func matches(_ found: VolumeWithUsers) -> Bool {
        let holds = conditions.allSatisfy { name, value in
            let isTrue = value == "true" || value == "1"
            switch name {
            case "dangling": return found.containers.isEmpty == isTrue
            case "anonymous": return found.volume.isAnonymous == isTrue
            case "driver": return value == "local"
            case "label": return Self.has(value, found.volume.labels)
            case "label!": return !Self.has(value, found.volume.labels)
            default: return true
            }
        }
        return holds && (patterns.isEmpty || patterns.contains { $0.matches(found.volume.name) })
    }

    private static func has(_ text: String, _ labels: [String: String]) -> Bool {
        guard let parts = text.cut(at: "=") else { return labels[text] != nil }
        return labels[String(parts.before)] == String(parts.after)
    }
}
