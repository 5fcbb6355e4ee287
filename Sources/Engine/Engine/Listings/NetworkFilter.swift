import Linux
import Networks
import OCI

/// `--filter` of `isolab network ls` and `prune`: several names must all hold; several labels, too.
package struct NetworkFilter: Sendable {
    private let conditions: [(name: String, value: String)]
    private let patterns: [NamePattern]

    /// - Parameter names: those that are taken: `name`, `id`, `driver`, `label`, `label!`, `scope`, `type`, `dangling`.
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
            let values = ["type": ["builtin", "custom"], "dangling": ["true", "1", "false", "0"]][name]
            if let values, !values.contains(value) {
                throw OptionError(option, text, "\(name) takes one of \(values.joined(separator: ", "))")
            }
            if name == "name" { patterns.append(try NamePattern(option, value, typed: text)) }
            conditions.append((name, value))
        }
        self.conditions = conditions
        self.patterns = patterns
    }

    package func matches(_ found: NetworkWithEndpoints) -> Bool {
        let isUnused = found.endpoints.isEmpty && found.network.name != Network.defaultName
        return matches(found.network)
            && conditions.allSatisfy { $0.name != "dangling" || ["true", "1"].contains($0.value) == isUnused }
    }

    func matches(_ network: Network) -> Bool {
        let holds = conditions.allSatisfy { name, value in
            switch name {
            case "id": return network.id.starts(value)
            case "driver": return network.driver == value
            case "label": return Self.has(value, network.labels)
            case "scope": return value == "local"
            case "type": return (value == "builtin") == (network.name == Network.defaultName)
            case "label!": return !Self.has(value, network.labels)
            default: return true
            }
        }
        return holds && (patterns.isEmpty || patterns.contains { $0.matches(network.name) })
    }

    private static func has(_ text: String, _ labels: [String: String]) -> Bool {
        guard let parts = text.cut(at: "=") else { return labels[text] != nil }
        return labels[String(parts.before)] == String(parts.after)
    }
}
