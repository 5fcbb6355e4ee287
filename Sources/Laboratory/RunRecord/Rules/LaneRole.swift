/// What a lane is for in a comparison, beyond its kind. Reports and experiments know a lane by its role, never by its name.
///
/// At most one lane of a run has a role; most have none.
package enum LaneRole: String, Codable, Sendable, CaseIterable {
    /// The plain process that people start: what isolation is held against.
    case plainProcess
    /// The least that a plain process can cost: what the harness itself is held against.
    case leastProcess
    /// The guest that people get.
    case guest
    /// The same guest without libvirt.
    case guestWithoutLibvirt
}

extension LaneRecord {
    /// The role as recorded; in runs from before roles were, that of the lane which had the name.
    package var part: LaneRole? { role ?? Self.beforeRoles[id] }

    private static let beforeRoles: [String: LaneRole] = [
        "native": .plainProcess, "bare": .leastProcess, "vm": .guest, "vm-qemu": .guestWithoutLibvirt,
    ]
}
