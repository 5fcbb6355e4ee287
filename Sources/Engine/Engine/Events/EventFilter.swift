import Images
import Linux

/// `--filter` of `isolab events`: several of one name are alternatives, but all labels must be there; several names must all hold.
struct EventFilter: Sendable {
    private let conditions: [(name: String, value: String)]

    private static let names = ["type", "event", "container", "image", "network", "volume", "label"]

    init(_ option: String, _ texts: [String]) throws(OptionError) {
        var conditions: [(name: String, value: String)] = []
        for text in texts {
            guard let parts = text.cut(at: "="), !parts.after.isEmpty else {
                throw OptionError(option, text, "takes NAME=VALUE")
            }
            let (name, value) = (String(parts.before), String(parts.after))
            guard Self.names.contains(name) else {
                throw OptionError(option, text, "'\(name)' is not one of \(Self.names.joined(separator: ", "))")
            }
            if name == "type", EngineEvent.Kind(rawValue: value) == nil {
                let kinds = EngineEvent.Kind.allCases.map(\.rawValue).joined(separator: ", ")
                throw OptionError(option, text, "takes one of \(kinds)")
            }
            conditions.append((name, value))
        }
        self.conditions = conditions
    }

    func accepts(_ event: EngineEvent) -> Bool {
        Self.names.allSatisfy { name in
            let values = conditions.filter { $0.name == name }.map(\.value)
            if name == "label" { return values.allSatisfy { Self.holds(name, $0, event) } }
            return values.isEmpty || values.contains { Self.holds(name, $0, event) }
        }
    }

    private static func holds(_ name: String, _ value: String, _ event: EngineEvent) -> Bool {
        switch name {
        case "type": return event.kind.rawValue == value
        // `health_status` is that of either answer.
        case "event": return event.action == value || event.action.starts(value + ": ")
        case "label":
            guard let parts = value.cut(at: "=") else { return event.attributes[value] != nil }
            return event.attributes[String(parts.before)] == String(parts.after)
        case "image":
            if event.kind == .container { return event.attributes["image"] == value }
            return event.kind == .image && isCalled(event, value)
        default: return event.kind.rawValue == name && isCalled(event, value)
        }
    }

    private static func isCalled(_ event: EngineEvent, _ text: String) -> Bool {
        event.attributes["name"] == text || event.id == text || text.utf8.count >= 4 && event.id.starts(text)
    }
}
