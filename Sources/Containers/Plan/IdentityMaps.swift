import Glibc
import Linux
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

/// The id maps of a user namespace, as the launcher writes them while the child waits.
public struct IdentityMaps: Equatable, Sendable {
    /// Lines of `/proc/<pid>/uid_map`: inside, outside, how many (user_namespaces(7)).
    public var users: String
    public var groups: String
    /// An ordinary user may map only himself, and must give up setgroups for it.
    public var deniesSetGroups: Bool
    /// An ordinary user's further ids (subuid(5)) are mapped by the set-user-id programs `newuidmap` and `newgidmap`.
    public var needsHelpers: Bool

    init(
        _ users: [RuntimeConfiguration.IDMapping], _ groups: [RuntimeConfiguration.IDMapping], host: HostFacts
    ) {
        func lines(_ mappings: [RuntimeConfiguration.IDMapping]) -> String {
            mappings.map { "\($0.containerID) \($0.hostID) \($0.size)\n" }.joined()
        }
        self.users = lines(users)
        self.groups = lines(groups)
        func isOwn(_ mappings: [RuntimeConfiguration.IDMapping], _ identifier: UInt32) -> Bool {
            mappings.count == 1 && mappings[0].hostID == identifier && mappings[0].size == 1
        }
        needsHelpers = !host.privileged && !(isOwn(users, host.userID) && isOwn(groups, host.groupID))
        deniesSetGroups = !host.privileged && !needsHelpers
    }

    func write(for pid: Int32) throws(SystemError) {
        do throws(SystemError) {
            if needsHelpers {
                try help("newuidmap", pid, users)
                try help("newgidmap", pid, groups)
                return
            }
            if deniesSetGroups { try SystemFile.write("deny", to: "/proc/\(pid)/setgroups") }
            try SystemFile.write(users, to: "/proc/\(pid)/uid_map")
            try SystemFile.write(groups, to: "/proc/\(pid)/gid_map")
        } catch { throw error.during("id maps") }
    }

    private func help(_ program: String, _ pid: Int32, _ map: String) throws(SystemError) {
        let numbers = map.split { $0 == " " || $0 == "\n" }.map(String.init)
        let ending: ProcessExit.Ending
        do throws(SystemError) {
            ending = try ProcessPlan(program, ["\(pid)"] + numbers).spawn().wait().ending
        } catch {
            throw SystemError(
                "execve", program, errno: error.errno,
                advice: "an ordinary user's container with more than one id needs the package uidmap")
        }
        guard ending == .exited(0) else {
            throw SystemError(
                program, "process \(pid)", errno: 0,
                advice: "it ended with \(ending): are the ids yours in /etc/subuid and /etc/subgid?")
        }
    }
}
