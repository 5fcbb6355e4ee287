/// The session keyring (session-keyring(7)) of a container's processes: which keys they find without being told of them.
public enum SessionKeyring: Equatable, Sendable {
    /// One of the container's own. By its name others who join the container find it.
    case new(name: String?)
    /// The one of whoever launches it (`--no-new-keyring`).
    case launchers

    /// The name of a new container's.
    ///
    /// Whoever knows a name and is the keyring's owner can join it, root of another container as well: so it ends in what nobody
    /// can guess, and is written down where only the runtime reads it.
    static func name(of id: String, nonce: String) -> String { "_ses.\(id).\(nonce)" }
}
