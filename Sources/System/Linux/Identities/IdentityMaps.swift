import Glibc

/// The id maps of a user namespace, as they are written from outside while its first process waits (user_namespaces(7), "User
/// and group ID mappings").
public struct IdentityMaps: Equatable, Sendable {
    /// Lines of `/proc/<pid>/uid_map`: inside, outside, how many.
    public var users: String
    public var groups: String
    /// An ordinary user may map only himself, and must give up setgroups for it.
    public var deniesSetGroups: Bool
    /// An ordinary user's further ids (subuid(5)) are mapped by the set-user-id programs `newuidmap` and `newgidmap`.
    public var needsHelpers: Bool

    /// What is said of an id that is not mapped where it is needed.
    public static let lack =
        "has no number in this user namespace; add lines to /etc/subuid and /etc/subgid (package uidmap)"

    /// The number outside of a user namespace, by its uid_map or gid_map; nil where there is none.
    public static func outside(of identifier: UInt32, map: String) -> UInt32? {
        for line in map.parts(between: "\n") {
            let numbers = line.parts(between: " ").compactMap { UInt32($0) }
            guard numbers.count == 3, identifier >= numbers[0], identifier - numbers[0] < numbers[2] else { continue }
            let (number, overflow) = numbers[1].addingReportingOverflow(identifier - numbers[0])
            return overflow ? nil : number
        }
        return nil
    }

    /// Of two ids that could not be given to a file (chown(2): EINVAL), the one that this process's user namespace has not.
    public static func unmapped(user: UInt32, group: UInt32) -> UInt32? {
        func isMissing(_ number: UInt32, _ file: String) -> Bool {
            guard let map = try? SystemFile.read("/proc/self/\(file)") else { return false }
            return outside(of: number, map: map) == nil
        }
        return isMissing(user, "uid_map") ? user : isMissing(group, "gid_map") ? group : nil
    }

    /// The error of a chown(2) that has just failed, with what to do where the owner is not mapped.
    public static func ownerError(
        _ operation: String, _ object: String, user: UInt32, group: UInt32
    ) -> SystemError {
        let number = errno
        let missing = number == EINVAL ? unmapped(user: user, group: group) : nil
        return SystemError(operation, object, errno: number, advice: missing.map { "\($0) \(lack)" })
    }

    public init(users: String, groups: String, deniesSetGroups: Bool, needsHelpers: Bool) {
        self.users = users
        self.groups = groups
        self.deniesSetGroups = deniesSetGroups
        self.needsHelpers = needsHelpers
    }

    /// Writes them for a process that waits in its new namespace.
    package func write(for pid: Int32) throws(SystemError) {
        do throws(SystemError) {
            try Dumps.allowing { () throws(SystemError) in
                if needsHelpers { return try help(pid) }
                if deniesSetGroups { try SystemFile.write("deny", to: "/proc/\(pid)/setgroups") }
                try SystemFile.write(users, to: "/proc/\(pid)/uid_map")
                try SystemFile.write(groups, to: "/proc/\(pid)/gid_map")
            }
        } catch { throw error.during("id maps") }
    }

    private func help(_ pid: Int32) throws(SystemError) {
        // Side by side: neither needs the other's.
        let first = try start("newuidmap", pid, users)
        let second: RunningProcess
        do throws(SystemError) { second = try start("newgidmap", pid, groups) } catch {
            _ = try? first.wait()
            throw error
        }
        let endings = [("newuidmap", try first.wait().ending), ("newgidmap", try second.wait().ending)]
        for (program, ending) in endings where ending != .exited(0) {
            throw SystemError(
                program, "process \(pid)", errno: 0,
                advice: "it ended with \(ending): do /etc/subuid and /etc/subgid give you these IDs?")
        }
    }

    private func start(_ program: String, _ pid: Int32, _ map: String) throws(SystemError) -> RunningProcess {
        let numbers = map.split { $0 == " " || $0 == "\n" }.map(String.init)
        do throws(SystemError) { return try ProcessPlan(program, ["\(pid)"] + numbers).spawn() } catch {
            throw SystemError(
                "execve", program, errno: error.errno,
                advice: "an ordinary user's container with more than one id needs the package uidmap")
        }
    }

    /// A user namespace with these maps, which lives as long as its descriptor is open, or a process in it: a child makes it, and
    /// goes when we have it.
    package func makeNamespace() throws(SystemError) -> OwnedDescriptor {
        // A directory cannot be executed: that the last step fails says that the ones before did not.
        let child = ChildProgram(
            [
                .parentDeathSignal(SIGKILL), .awaitLauncher(.identityMaps),
                .execute(candidates: ["/"], arguments: ["/"], environment: []),
            ], inputs: .init())
        var descriptor: Int32 = -1
        do throws(SystemError) {
            _ = try child.start(namespaces: .user, cgroup: -1) { (_: LauncherStage, pid: Int32) throws(SystemError) in
                try write(for: pid)
                descriptor = try Dumps.allowing { () throws(SystemError) in
                    try OwnedDescriptor(opening: "/proc/\(pid)/ns/user", O_RDONLY).release()
                }
            }
        } catch {
            guard descriptor >= 0 else { throw error }
        }
        return OwnedDescriptor(owning: descriptor)
    }
}
