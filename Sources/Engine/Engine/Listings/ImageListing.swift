package import Images
import Linux
package import OCI
package import Presentation

extension Listing {
    /// `isolab images`
    ///
    /// - Parameters:
    ///   - digests: whether the digests of manifests are a column.
    ///   - noTruncation: whole identifiers.
    package static func images(
        _ images: [ImageSummary], digests: Bool = false, noTruncation: Bool = false, now: Int64 = Age.now()
    ) -> Listing {
        Listing(
            [Column("Repository", "REPOSITORY", .kept), Column("Tag", "TAG", .kept)]
                + (digests ? [Column("Digest", "DIGEST", .below)] : []) + [
                    Column("ID", "IMAGE ID"), Column("CreatedSince", "CREATED"), Column("Size", "SIZE"),
                ],
            further: [
                "Digest": "DIGEST", "CreatedAt": "CREATED AT", "Platforms": "PLATFORMS", "Bytes": "BYTES",
                "Problem": "PROBLEM", "StoredSize": "STORED SIZE", "StoredBytes": "STORED BYTES",
            ],
            rows: images.map { image in
                .object([
                    .init("Repository", .text(image.name?.familiarName ?? "<none>")),
                    .init("Tag", .text(image.name?.tag ?? "<none>")),
                    .init("ID", .text(noTruncation ? "\(image.id)" : image.id.short)),
                    .init("Digest", .text("\(image.target)")),
                    .init("CreatedSince", .text(Age.since(image.created, now: now))),
                    .init("CreatedAt", .text(image.created ?? "N/A")),
                    .init("Size", .text(HumanSize.text(image.size))),
                    .init("Bytes", .number(image.size)),
                    .init("StoredSize", .text(HumanSize.text(image.storedSize))),
                    .init("StoredBytes", .number(image.storedSize)),
                    .init("Platforms", .text(image.platforms.map(\.description).joined(separator: ","))),
                    .init("Problem", .text(image.problem ?? "")),
                ])
            })
    }

    /// `isolab history`
    ///
    /// - Parameters:
    ///   - unpacked: the size of a layer by its diffID; nil where it is not unpacked, and told as it is stored.
    package static func history(
        _ image: StoredImage, unpacked: (Digest) -> Int64? = { _ in nil }, noTruncation: Bool = false,
        now: Int64 = Age.now()
    ) -> Listing {
        let steps = image.history
        return Listing(
            [
                Column("ID", "IMAGE"), Column("CreatedSince", "CREATED"), Column("CreatedBy", "CREATED BY", .cut),
                Column("Size", "SIZE"), Column("Comment", "COMMENT", .cut),
            ],
            further: [
                "CreatedAt": "CREATED AT", "Layer": "LAYER", "DiffID": "DIFF ID", "Author": "AUTHOR", "Bytes": "BYTES",
            ],
            rows: steps.enumerated().map { index, step in
                let id = noTruncation ? "\(image.id)" : image.id.short
                let size = step.diffID.flatMap(unpacked) ?? step.size
                return .object([
                    // Only the last step's image is one that can be called.
                    .init("ID", .text(index == 0 ? id : "<missing>")),
                    .init("CreatedSince", .text(Age.since(step.created, now: now))),
                    .init("CreatedAt", .text(step.created ?? "N/A")),
                    .init("CreatedBy", .text(oneLine(step.createdBy ?? ""))),
                    .init("Size", .text(HumanSize.text(size))),
                    .init("Bytes", .number(size)),
                    .init("Comment", .text(oneLine(step.comment ?? ""))),
                    .init("Author", .text(step.author ?? "")),
                    .init("Layer", .text(step.layer.map { "\($0.digest)" } ?? "")),
                    .init("DiffID", .text(step.diffID.map { "\($0)" } ?? "")),
                ])
            })
    }

    /// Blanks for what would break a row, or steer the terminal.
    static func oneLine(_ text: String) -> String {
        let scalars = text.unicodeScalars.map { $0.isSteering ? " " : $0 }
        return String(String.UnicodeScalarView(scalars))
    }
}

/// `--filter` of `isolab images`: `dangling=true`, `reference=PATTERN`, `label=NAME[=VALUE]`, `before=IMAGE`, `since=IMAGE`. Several
/// references are alternatives, all else must hold, as Docker has it.
package struct ImageFilter: Equatable, Sendable {
    enum Condition: Equatable, Sendable {
        case dangling(Bool)
        /// With `*` and `?`.
        case reference(String)
        case label(NamedValue, hasValue: Bool)
        /// Made before another image was; or after it.
        case before(String)
        case since(String)
    }

    let conditions: [Condition]

    package init(_ option: String, _ texts: [String]) throws(OptionError) {
        var conditions: [Condition] = []
        for text in texts {
            let parts = text.fields(between: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw OptionError(option, text, "takes NAME=VALUE") }
            switch parts[0] {
            case "dangling":
                guard let value = ["true": true, "1": true, "false": false, "0": false][parts[1]] else {
                    throw OptionError(option, text, "takes true or false")
                }
                conditions.append(.dangling(value))
            case "reference": conditions.append(.reference(parts[1]))
            case "label":
                conditions.append(.label(try NamedValue(option, parts[1]), hasValue: parts[1].contains("=")))
            case "before": conditions.append(.before(parts[1]))
            case "since", "after": conditions.append(.since(parts[1]))
            default:
                throw OptionError(
                    option, text, "'\(parts[0])' is not one of dangling, reference, label, before, since")
            }
        }
        self.conditions = conditions
    }

    /// - Parameters:
    ///   - labels: of an image, asked for only where a condition needs them.
    ///   - created: when the image of a name was made, RFC 3339; throws where there is none.
    package func accepts(
        _ image: ImageSummary, labels: (Digest) -> [String: String], created: (String) throws -> String
    ) throws -> Bool {
        let references = conditions.filter(\.isReference)
        return try (references.isEmpty || references.contains { try $0.holds(image, labels, created) })
            && conditions.allSatisfy { try $0.isReference || $0.holds(image, labels, created) }
    }
}

extension ImageFilter.Condition {
    var isReference: Bool {
        if case .reference = self { true } else { false }
    }

    func holds(
        _ image: ImageSummary, _ labels: (Digest) -> [String: String], _ created: (String) throws -> String
    ) throws -> Bool {
        switch self {
        case .before(let other): return (image.created ?? "") < (try created(other))
        case .since(let other): return (image.created ?? "") > (try created(other))
        case .dangling(let value): return image.isDangling == value
        case .reference(let pattern):
            guard let name = image.name else { return false }
            let names = [name.familiarName, name.familiar, name.name, name.description]
            return names.contains { Glob.matches($0, pattern) }
        case .label(let label, let hasValue):
            guard let value = labels(image.id)[label.name] else { return false }
            return !hasValue || value == label.value
        }
    }
}

/// Patterns with `*` for any characters and `?` for any one.
enum Glob {
    static func matches(_ text: String, _ pattern: String) -> Bool {
        let (text, pattern) = (Array(text), Array(pattern))
        var (index, place) = (0, 0)
        var star: (place: Int, index: Int)?
        while index < text.count {
            if place < pattern.count, pattern[place] == "*" {
                star = (place, index)
                place += 1
            } else if place < pattern.count, pattern[place] == "?" || pattern[place] == text[index] {
                index += 1
                place += 1
            } else if let last = star {
                star = (last.place, last.index + 1)
                place = last.place + 1
                index = last.index + 1
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == "*" }
    }
}
