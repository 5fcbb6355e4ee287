import Linux
import OCI
import Presentation

/// `--filter` of `isolab ps`: several of one name are alternatives, but all labels must be there; several names must all hold, as
/// Docker has it.
public struct ContainerFilter: Equatable, Sendable {
    private let conditions: [(name: String, value: String)]
    /// Of names, in the order of their conditions.
    private let patterns: [NamePattern]

    /// With what they are compared, but for those that ask for more.
    private static let names = ["id", "name", "label", "status", "ancestor", "exited", "volume", "before", "since"]
    private static let states = ["created", "running", "paused", "restarting", "exited"]

    public static func == (left: Self, right: Self) -> Bool {
        left.conditions.map(\.name) == right.conditions.map(\.name)
            && left.conditions.map(\.value) == right.conditions.map(\.value)
    }

    public init(_ option: String, _ texts: [String]) throws(OptionError) {
        var conditions: [(name: String, value: String)] = []
        for text in texts {
            guard let parts = text.cut(at: "="), !parts.after.isEmpty else {
                throw OptionError(option, text, "takes NAME=VALUE")
            }
            let (name, value) = (String(parts.before), String(parts.after))
            guard Self.names.contains(name) else {
                throw OptionError(option, text, "'\(name)' is not one of \(Self.names.joined(separator: ", "))")
            }
            if name == "status", !Self.states.contains(value) {
                throw OptionError(option, text, "takes one of \(Self.states.joined(separator: ", "))")
            }
            if name == "exited", Int32(value) == nil { throw OptionError(option, text, "takes an exit status") }
            conditions.append((name, value))
        }
        self.conditions = conditions
        var patterns: [NamePattern] = []
        for (name, value) in conditions where name == "name" {
            patterns.append(try NamePattern(option, value, typed: "name=\(value)"))
        }
        self.patterns = patterns
    }

    /// Whether it asks for containers that have ended: a list shows them then without being told to.
    public var asksForEnded: Bool {
        conditions.contains {
            ["exited"].contains($0.name) || $0.name == "status" && ["created", "exited"].contains($0.value)
        }
    }

    /// Those that are meant, of all there are.
    ///
    /// - Parameter image: the identifier of an image by what the user calls it.
    func filtered(
        _ containers: [(container: StoredContainer, status: ContainerStatus)], image: (String) -> Digest?
    ) throws -> [(container: StoredContainer, status: ContainerStatus)] {
        var result = containers
        for name in Self.names {
            let values = conditions.filter { $0.name == name }.map(\.value)
            guard !values.isEmpty else { continue }
            if name == "before" || name == "since" {
                for value in values {
                    guard let other = containers.first(where: { Self.isCalled($0.container, value) })?.container else {
                        throw EngineError.unknown(value)
                    }
                    result = result.filter {
                        name == "before" ? $0.container.created < other.created : $0.container.created > other.created
                    }
                }
                continue
            }
            if name == "name" {
                result = result.filter { entry in patterns.contains { $0.matches(entry.container.name) } }
                continue
            }
            let images = name == "ancestor" ? values.map { ($0, image($0)) } : []
            result = result.filter { entry in
                if name == "ancestor" {
                    return images.contains { $0.0 == entry.container.image || $0.1 == entry.container.imageID }
                }
                func holds(_ value: String) -> Bool { Self.holds(name, value, entry.container, entry.status) }
                return name == "label" ? values.allSatisfy(holds) : values.contains(where: holds)
            }
        }
        return result
    }

    private static func isCalled(_ container: StoredContainer, _ text: String) -> Bool {
        container.name == text || container.id.starts(text)
    }

    /// Where its mounts are, on both sides.
    private static func mounts(_ container: StoredContainer) -> [String] {
        (container.settings?["Mounts"]?.elements ?? []).flatMap { mount in
            [mount["Name"]?.string, mount["Source"]?.string, mount["Destination"]?.string].compactMap { $0 }
        }
    }

    private static func holds(
        _ name: String, _ value: String, _ container: StoredContainer, _ status: ContainerStatus
    ) -> Bool {
        switch name {
        case "id": return container.id.starts(value)
        case "volume": return mounts(container).contains(value)
        case "status": return "\(status)" == value
        case "exited":
            guard case .exited(let code) = status else { return false }
            return code.map(String.init) == value
        default:
            guard let parts = value.cut(at: "=") else { return container.labels[value] != nil }
            return container.labels[String(parts.before)] == String(parts.after)
        }
    }
}
