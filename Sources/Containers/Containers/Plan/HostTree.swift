public import Linux
import OCI

/// A tree of the host that the launcher takes hold of for its child, who may not: its owners are shifted, or it lies where the root
/// of the child's user namespace may not go.
public struct HostTree: Equatable, Sendable {
    public var source: String
    /// With what is mounted below it.
    public var recursive: Bool
    /// Of an idmapped mount; nil: its owners are as they are.
    public var maps: IdentityMaps?
    /// Whether what is mounted below is shifted too (`ridmap`).
    public var mapsDeeply = false
    /// Whether what is mounted in it inside is mounted outside as well. If not, it still follows what is mounted outside.
    public var isShared = false

    /// Whether a source is named by a descriptor of the launcher's: what that leads to is in its mount namespace, from which a child in
    /// one of its own cannot take it.
    static func isLaunchers(_ source: String) -> Bool { source.starts("/proc/self/fd/") }
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
