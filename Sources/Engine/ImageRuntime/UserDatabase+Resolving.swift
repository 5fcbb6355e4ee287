import Linux

/// A user as a process has it: numbers, and what follows from who he is.
package struct ResolvedUser: Equatable, Sendable {
    package var uid: UInt32
    package var gid: UInt32
    /// Beside the primary group, in the order of `/etc/group`.
    package var supplementaryGids: [UInt32]
    /// Nil where the image does not know the number.
    package var name: String?
    /// `/` where the image does not say.
    package var home: String

    package init(
        uid: UInt32 = 0, gid: UInt32 = 0, supplementaryGids: [UInt32] = [], name: String? = nil, home: String = "/"
    ) {
        self.uid = uid
        self.gid = gid
        self.supplementaryGids = supplementaryGids
        self.name = name
        self.home = home
    }
}

/// A user or group that an image does not know.
package struct UserError: Error, Equatable, Sendable, CustomStringConvertible {
    /// `user` or `group`.
    package let kind: String
    package let name: String

    package var description: String {
        name.isEmpty
            ? "the \(kind) has no name"
            : "no \(kind) '\(name)' in the image's /etc/\(kind == "user" ? "passwd" : "group")"
    }
}

extension UserDatabase {
    /// The user that `user`, `uid`, `user:group`, `uid:gid`, `uid:group` or `user:gid` means in this image (OCI image
    /// specification 1.1, `config.md`, "User").
    ///
    /// As Docker decides it: a name that is all digits is a number unless a user bears it; a number needs no entry, its
    /// group is 0 then; a group that is given stands alone, else the user is in every group that lists him. An empty name is
    /// root's number.
    package func resolve(_ specification: String) throws(UserError) -> ResolvedUser {
        let parts = specification.fields(between: ":", maxSplits: 1)
        let (user, group) = (parts.first ?? "", parts.count > 1 ? parts[1] : "")
        var result = try resolve(user: user)
        guard group.isEmpty else {
            result.gid = try gid(of: group)
            result.supplementaryGids = []
            return result
        }
        if let name = result.name {
            result.supplementaryGids = groups.filter { $0.members.contains(name) && $0.gid != result.gid }.map(\.gid)
        }
        return result
    }

    /// The numbers that `--chown=user[:group]` means. As BuildKit has it, a group that is not given is the named user's own,
    /// or has the same number as the user's where that is a number; numbers need no entry.
    package func owner(_ specification: String) throws(UserError) -> (uid: UInt32, gid: UInt32) {
        let parts = specification.fields(between: ":", maxSplits: 1)
        guard let user = parts.first, !user.isEmpty else { throw UserError(kind: "user", name: "") }
        let owner: (uid: UInt32, gid: UInt32)
        if let number = Self.identity(user) {
            owner = (number, number)
        } else {
            let entry = try resolve(user: user)
            owner = (entry.uid, entry.gid)
        }
        guard parts.count > 1 else { return owner }
        guard !parts[1].isEmpty else { throw UserError(kind: "group", name: "") }
        return (owner.uid, try gid(of: parts[1]))
    }

    /// The number of a group that is named or numbered; numbers need no entry.
    package func group(_ name: String) throws(UserError) -> UInt32 {
        guard !name.isEmpty else { throw UserError(kind: "group", name: "") }
        return try gid(of: Substring(name))
    }

    private func resolve(user name: Substring) throws(UserError) -> ResolvedUser {
        let number = name.isEmpty ? 0 : Self.identity(name)
        let entry = users.first { $0.name == name } ?? number.flatMap { uid in users.first { $0.uid == uid } }
        if let entry {
            return ResolvedUser(
                uid: entry.uid, gid: entry.gid, name: entry.name, home: entry.home.isEmpty ? "/" : entry.home)
        }
        guard let number else { throw UserError(kind: "user", name: String(name)) }
        return ResolvedUser(uid: number)
    }

    private func gid(of name: Substring) throws(UserError) -> UInt32 {
        if let entry = groups.first(where: { $0.name == name }) { return entry.gid }
        guard let number = Self.identity(name) else { throw UserError(kind: "group", name: String(name)) }
        return number
    }
}
