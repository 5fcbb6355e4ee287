import CLinux
import Glibc

/// An ordinary user's way to do what otherwise takes root: this process enters a user namespace of his own, in which he is root
/// and his subordinate ids are everybody else, and a mount namespace that belongs to it.
public enum OwnUserNamespace {
    /// Enters it; for root, of the host or of a user namespace that is there already, there is nothing to do.
    ///
    /// There is one for all of a user's commands at a time: the namespace is made where none of them has it, and goes with the
    /// last of them. Nothing stays of it.
    ///
    /// Call it before there is a second thread (setns(2)).
    ///
    /// - Parameter warn: takes a line, once after each boot, where the user has no id but his own.
    /// - Throws: where the host refuses, with what its administrator can do.
    public static func enter(warn: (String) -> Void) throws(SystemError) {
        guard geteuid() != 0 else { return }
        let state = StandardDirectories.state
        try StandardDirectories.claim(state)
        // From inside nobody can tell root's directories from others'.
        for path in [StandardDirectories.data, StandardDirectories.cache] { try StandardDirectories.check(path) }
        let members = try NamespaceMembers(path: state + "/namespace")
        let namespace = if let there = try members.namespace() { there } else { try make(state, warn) }
        try advised("join", "a user namespace") { isolab_join_namespace(namespace.number, Int32(newUser)) }
        // The group may be another than the namespace's maker had.
        if getegid() != 0, setgid(0) != 0 { throw SystemError("setgid", "0") }
        try members.add()
        _ = consume members
        try advised("unshare", "mounts") { isolab_unshare_thread(Int32(Namespaces.mount.rawValue)) }
    }

    /// Writes a copy of this process down as one of those that are in it, for as long as it lives: what a process is that outlives the
    /// command which made it.
    public static func stay() throws(SystemError) {
        let path = StandardDirectories.state + "/namespace"
        guard !StandardDirectories.isHostRoot, SystemFile.exists(path) else { return }
        let members = try NamespaceMembers(path: path)
        try members.add()
        _ = consume members
    }

    /// One like it that nobody enters, for finding out what can be done there; it goes with its descriptor.
    package static func trial() throws(SystemError) -> OwnedDescriptor {
        do throws(SystemError) { return try UserNamespacePlan(.detect()).maps.makeNamespace() } catch {
            throw error.operation == "clone3" ? advised(error) : error
        }
    }

    /// Why the user has no ids but his own; nil where he has more.
    package static var lack: UserNamespacePlan.Lack? { UserNamespacePlan(.detect()).lack }

    private static let newUser = Namespaces.user.rawValue

    /// Makes one. It lives as long as its descriptor is open, or a process in it.
    private static func make(_ state: String, _ warn: (String) -> Void) throws(SystemError) -> OwnedDescriptor {
        let plan = UserNamespacePlan(.detect())
        if let lack = plan.lack {
            let told = state + "/told-own-id"
            if !SystemFile.exists(told) {
                warn("only your own user and group can own files in containers: \(lack)")
                _ = try OwnedDescriptor(opening: told, O_WRONLY | O_CREAT, mode: 0o600)
            }
        }
        // Newuidmap writes maps of others, and has its rights only outside: nobody could enter first and map then.
        do throws(SystemError) { return try plan.maps.makeNamespace() } catch {
            throw error.operation == "clone3" ? advised(error) : error
        }
    }

    private static func advised(
        _ operation: String, _ object: String, _ call: () -> Int32
    ) throws(SystemError) {
        if call() != 0 { throw advised(SystemError(operation, object)) }
    }

    private static func advised(_ error: SystemError) -> SystemError {
        SystemError(
            "enter a user namespace", "of your own (\(error.operation))", errno: error.errno,
            advice: UserNamespaceRefusal.detect().advice(error.errno, program: StandardDirectories.programPath))
    }
}
