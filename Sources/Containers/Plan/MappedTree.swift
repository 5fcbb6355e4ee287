public import Linux
import OCI

/// An idmapped mount to be: a copy of a tree whose owners are shifted.
public struct MappedTree: Equatable, Sendable {
    public var source: String
    /// With what is mounted below it.
    public var recursive: Bool
    public var maps: IdentityMaps
    /// Whether what is mounted below is shifted too (`ridmap`).
    public var mapsDeeply: Bool
}

extension IdentityMaps {
    /// What a configuration asks for, and what it takes to write it on this host.
    init(
        _ users: [RuntimeConfiguration.IDMapping], _ groups: [RuntimeConfiguration.IDMapping], host: HostFacts
    ) {
        func lines(_ mappings: [RuntimeConfiguration.IDMapping]) -> String {
            mappings.map { "\($0.containerID) \($0.hostID) \($0.size)\n" }.joined()
        }
        func isOwn(_ mappings: [RuntimeConfiguration.IDMapping], _ identifier: UInt32) -> Bool {
            mappings.count == 1 && mappings[0].hostID == identifier && mappings[0].size == 1
        }
        let isOwn = isOwn(users, host.userID) && isOwn(groups, host.groupID)
        self.init(
            users: lines(users), groups: lines(groups), deniesSetGroups: !host.privileged && isOwn,
            needsHelpers: !host.privileged && !isOwn)
    }
}
