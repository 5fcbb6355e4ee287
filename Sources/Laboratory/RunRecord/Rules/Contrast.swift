/// Two lanes whose difference is to be told: computed, tested and corrected like every lane's against the baseline.
///
/// A report speaks of no difference that is not one of these.
package struct Contrast: Codable, Equatable, Hashable, Sendable {
    package var lane: String
    package var reference: String
    /// What the difference is the price of: `the seccomp filter`; empty where two lanes are only set beside each other.
    package var title: String

    package init(_ lane: String, against reference: String, title: String = "") {
        self.lane = lane
        self.reference = reference
        self.title = title
    }

    /// Those of lanes that differ in one thing, and isolab's container against every other runtime.
    package static func standard(_ lanes: [String], peers: [String] = []) -> [Contrast] {
        let single = [
            Contrast("container", against: "container-noseccomp", title: "the seccomp filter"),
            Contrast("container-userns", against: "container", title: "the user namespace"),
            Contrast("vm", against: "vm-qemu", title: "libvirt"),
            Contrast("vm-q35", against: "vm", title: "the machine q35 instead of microvm"),
            Contrast("vm-plain", against: "vm", title: "an untuned guest"),
            Contrast("native", against: "bare", title: "the harness"),
        ]
        return single.filter { lanes.contains($0.lane) && lanes.contains($0.reference) }
            + peers.filter { lanes.contains($0) && lanes.contains("container") }
            .map { Contrast("container", against: $0) }
    }
}

extension Manifest {
    /// What is compared besides every lane with the baseline: as declared; in runs from before contrasts were declared, those
    /// that every run has.
    package var comparedLanes: [Contrast] {
        contrasts
            ?? Contrast.standard(lanes.map(\.id), peers: lanes.filter { $0.kind == .peer }.map(\.id))
    }
}
