public import RunRecord

/// A lane as the catalogue lists it.
public struct LaneEntry: Sendable {
    public let id: String
    /// A few words for a reader.
    public let title: String
    public let kind: LaneKind
    /// What is isolated, one short phrase each.
    public let isolation: [String]
    /// Part of the presets; the others are for looking at isolab itself.
    public let isDefault: Bool
    let make: @Sendable (LaneEntry, Laboratory) -> any Lane

    init(
        id: String, title: String, kind: LaneKind, isolation: [String] = [], isDefault: Bool = true,
        make: @escaping @Sendable (LaneEntry, Laboratory) -> any Lane
    ) {
        self.id = id
        self.title = title
        self.kind = kind
        self.isolation = isolation
        self.isDefault = isDefault
        self.make = make
    }
}

/// The table of lanes, in the order reports show them.
public enum LaneCatalogue {
    public static let entries: [LaneEntry] = [
        LaneEntry(id: "native", title: "plain process", kind: .native) { NativeLane($0, $1) },
        LaneEntry(id: "bare", title: "plain process, started outside the harness", kind: .native, isDefault: false) {
            NativeLane($0, $1)
        },
    ]

    /// The lane of that name, or an error that lists them all.
    public static func entry(_ id: String) throws(LabError) -> LaneEntry {
        guard let entry = entries.first(where: { $0.id == id }) else {
            throw .unknown(what: "lane", name: id, known: entries.map(\.id))
        }
        return entry
    }
}
