import Glibc
import Linux
package import OCI

/// Something that happened to a container, an image, a network or a volume, as Docker's API has it.
package struct EngineEvent: Equatable, Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case container, image, network, volume
    }

    package var kind: Kind
    /// `create`, `start`, `die`, …
    package var action: String
    package var id: String
    /// A name, an image, labels, and what belongs to the action.
    package var attributes: [String: String]
    /// Nanoseconds after 1970.
    package var time: Int64

    /// - Parameter time: nil: now.
    package init(
        _ kind: Kind, _ action: String, id: String, attributes: [String: String] = [:], time: Int64? = nil
    ) {
        self.kind = kind
        self.action = action
        self.id = id
        self.attributes = attributes
        self.time = time ?? Self.now()
    }

    private static func now() -> Int64 {
        var moment = timespec()
        clock_gettime(CLOCK_REALTIME, &moment)
        return (Int64(moment.tv_sec) *| 1_000_000_000) +| Int64(moment.tv_nsec)
    }

    // MARK: - A line of the journal

    /// As Docker writes one, old names included.
    package var tree: JSONTree {
        var members: [JSONTree.Member] = []
        if kind == .container || kind == .image {
            members += [.init("status", .text(action)), .init("id", .text(id))]
        }
        if let image = attributes["image"], kind == .container { members.append(.init("from", .text(image))) }
        members += [
            .init("Type", .text(kind.rawValue)), .init("Action", .text(action)),
            .init("Actor", .object([.init("ID", .text(id)), .init("Attributes", JSONTree(attributes))])),
            .init("scope", .text("local")), .init("time", .number(time / 1_000_000_000)),
            .init("timeNano", .number(time)),
        ]
        return .object(members)
    }

    /// Nil for a line that is none: what a full disk has cut off, or a later version means.
    package init?(line: some Sequence<UInt8>) {
        guard let tree = try? JSONTree(json: line, document: "event"),
            let kind = tree["Type"]?.string.flatMap({ Kind(rawValue: $0) }), let action = tree["Action"]?.string,
            let id = tree["Actor"]?["ID"]?.string, case .number(let digits)? = tree["timeNano"],
            let time = Int64(digits)
        else { return nil }
        var attributes: [String: String] = [:]
        for member in tree["Actor"]?["Attributes"]?.members ?? [] { attributes[member.name] = member.value.string }
        self.init(kind, action, id: id, attributes: attributes, time: time)
    }
}
