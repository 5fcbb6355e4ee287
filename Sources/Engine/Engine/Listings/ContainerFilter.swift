import Linux
import Networks
import OCI
import Presentation

/// `--filter` of `isolab ps`: several of one name are alternatives, but all labels must be there; several names must all hold, as
/// Docker has it.
package struct ContainerFilter: Equatable, Sendable {
    private let conditions: [(name: String, value: String)]
    /// Of names, in the order of their conditions.
    private let patterns: [NamePattern]

    /// With what they are compared, but for those that ask for more.
    private static let names = [
        "id", "name", "label", "status", "ancestor", "exited", "volume", "before", "since", "health", "network",
        "publish",
        "expose",
    ]
    private static let healths = HealthRecord.Status.allCases.map(\.rawValue) + ["none"]
    private static let states = ["created", "running", "paused", "restarting", "exited"]

    package static func == (left: Self, right: Self) -> Bool {
        left.conditions.map(\.name) == right.conditions.map(\.name)
            && left.conditions.map(\.value) == right.conditions.map(\.value)
    }

    package init(_ option: String, _ texts: [String]) throws(OptionError) {
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
            if name == "health", !Self.healths.contains(value) {
                throw OptionError(option, text, "takes one of \(Self.healths.joined(separator: ", "))")
            }
            if name == "publish" || name == "expose", Self.ports(value) == nil {
                throw OptionError(option, text, "takes a port, as 80, 53/udp or 8000-8010")
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
    package var asksForEnded: Bool {
        conditions.contains {
            ["exited"].contains($0.name) || $0.name == "status" && ["created", "exited"].contains($0.value)
        }
    }

    /// Those that are meant, of all there are.
    ///
    /// - Parameters:
    ///   - image: the identifier of an image by what the user calls it.
    ///   - health: of a container; nil where nobody asks for it.
    func filtered(
        _ containers: [(container: StoredContainer, status: ContainerStatus)], image: (String) -> Digest?,
        health: (StoredContainer) -> HealthRecord.Status? = { _ in nil }
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
                if name == "health" { return values.contains(health(entry.container)?.rawValue ?? "none") }
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

    /// `80`, `53/udp`, `8000-8010`, as the names that `inspect` has for ports; nil for another text.
    private static func ports(_ text: String) -> [String]? {
        guard !text.holds(":"), let ports = try? PublishedPort.read(text) else { return nil }
        return ports.map { "\($0.containerPort)/\($0.transport.rawValue)" }
    }

    /// Ports of the host that lead to it, or its own that are published or that its image exposes.
    private static func ports(_ container: StoredContainer, ofHost: Bool) -> [String] {
        let published = container.settings?["NetworkSettings"]?["Ports"]?.members ?? []
        guard ofHost else {
            return published.map(\.name) + (container.settings?["Config"]?["ExposedPorts"]?.members ?? []).map(\.name)
        }
        return published.flatMap { port in
            let transport = port.name.cut(at: "/")?.after ?? "tcp"
            return (port.value.elements ?? []).compactMap { $0["HostPort"]?.string.map { "\($0)/\(transport)" } }
        }
    }

    /// Those it is in, by name and identifier, those it will be in once it runs, and what it has in place of one.
    private static func isIn(_ network: String, _ container: StoredContainer) -> Bool {
        let places = container.settings?["NetworkSettings"]?["Networks"]?.members ?? []
        return places.contains { place in
            place.name == network
                // As much of an identifier as lists show.
                || network.utf8.count >= 12 && place.value["NetworkID"]?.string?.starts(network) == true
        } || container.networks?.joins.contains { $0.network == network } == true
    }

    private static func holds(
        _ name: String, _ value: String, _ container: StoredContainer, _ status: ContainerStatus
    ) -> Bool {
        switch name {
        case "id": return container.id.starts(value)
        case "network": return isIn(value, container)
        case "publish", "expose":
            let wanted = ports(value) ?? []
            return ports(container, ofHost: name == "publish").contains { wanted.contains($0) }
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
