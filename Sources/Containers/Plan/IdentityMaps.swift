import Linux
import OCI

/// The id maps of a user namespace, as the launcher writes them while the child waits.
public struct IdentityMaps: Equatable, Sendable {
    /// Lines of `/proc/<pid>/uid_map`: inside, outside, how many (user_namespaces(7)).
    public var users: String
    public var groups: String
    /// An ordinary user may map only himself, and must give up setgroups for it.
    public var deniesSetGroups: Bool

    init(_ users: [RuntimeConfiguration.IDMapping], _ groups: [RuntimeConfiguration.IDMapping], privileged: Bool) {
        func lines(_ mappings: [RuntimeConfiguration.IDMapping]) -> String {
            mappings.map { "\($0.containerID) \($0.hostID) \($0.size)\n" }.joined()
        }
        self.users = lines(users)
        self.groups = lines(groups)
        deniesSetGroups = !privileged
    }

    func write(for pid: Int32) throws(SystemError) {
        if deniesSetGroups { try SystemFile.write("deny", to: "/proc/\(pid)/setgroups") }
        do throws(SystemError) {
            try SystemFile.write(users, to: "/proc/\(pid)/uid_map")
            try SystemFile.write(groups, to: "/proc/\(pid)/gid_map")
        } catch { throw error.during("id maps") }
    }
}
