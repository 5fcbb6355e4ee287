import RunRecord

/// A lane as a report shows it: its record, its place, and the marks that tell it from its neighbours.
struct LaneReading: Sendable {
    var record: LaneRecord
    /// Place among the lanes of its kind: chooses dash and fill, so that no two lanes hang on colour alone.
    var place: Int

    var id: String { record.id }
    var kind: LaneKind { record.kind }
    var role: LaneRole? { record.part }

    /// What must stand beside the lane's figures: `TCG, software emulation`; nil where nothing must.
    var tag: String? {
        let accelerator = record.accelerator ?? ""
        var label = record.label ?? ""
        if label.isEmpty && accelerator.hasPrefix("TCG") { label = "software emulation" }
        let parts = [accelerator, label].filter { !$0.isEmpty }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    /// The figures tell of an emulator or a paravirtual stand-in rather than of hardware: hatched, labelled, no ratio in
    /// the headline.
    var emulated: Bool { record.emulator != nil }

    /// `vm (TCG, software emulation)`: the lane's name where there is room for one line only.
    var name: String { tag.map { "\(id) (\($0))" } ?? id }

    /// The class that carries the lane's colour.
    var style: String { "k-\(kind.rawValue)" }

    /// Micro-guests run another workload and are never ranked with the others.
    var ranked: Bool { kind != .microGuest }

    /// How charts of many lanes fill the lane's mark.
    var fill: Mark.Fill { Mark.Fill(rawValue: place % 3) ?? .full }

    /// How the ECDF draws the lane's line.
    var dash: String? { [nil, "7 4", "2 4", "10 3 2 3", "14 5", "4 2"][place % 6] }
}

extension LaneKind {
    /// The order in which a report tells them.
    var rank: Int { LaneKind.allCases.firstIndex(of: self) ?? 0 }
}
