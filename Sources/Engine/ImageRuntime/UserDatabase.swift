import Linux

/// The users and groups an image knows: its `/etc/passwd` and `/etc/group` (passwd(5), group(5)).
///
/// Lines that are not of the form are passed over, as the C library does; the first entry of a name or number counts.
package struct UserDatabase: Equatable, Sendable {
    /// One line of `/etc/passwd`, without what no container needs.
    package struct User: Equatable, Sendable {
        package var name: String
        package var uid: UInt32
        package var gid: UInt32
        package var home: String
        package var shell: String
    }

    /// One line of `/etc/group`.
    package struct Group: Equatable, Sendable {
        package var name: String
        package var gid: UInt32
        package var members: [String]
    }

    package let users: [User]
    package let groups: [Group]

    /// Of an image that has neither file: only numbers are known.
    package static let empty = UserDatabase(passwd: [], group: [])

    /// - Parameters:
    ///   - passwd: the content of `/etc/passwd`.
    ///   - group: the content of `/etc/group`.
    package init(passwd: some Sequence<UInt8>, group: some Sequence<UInt8>) {
        users = Self.records(passwd).compactMap { fields in
            guard fields.count >= 4, !fields[0].isEmpty, let uid = Self.identity(fields[2]),
                let gid = Self.identity(fields[3])
            else { return nil }
            return User(
                name: fields[0], uid: uid, gid: gid, home: fields.count > 5 ? fields[5] : "",
                shell: fields.count > 6 ? fields[6] : "")
        }
        groups = Self.records(group).compactMap { fields in
            guard fields.count >= 3, !fields[0].isEmpty, let gid = Self.identity(fields[2]) else { return nil }
            let members = fields.count > 3 ? fields[3].parts(between: ",").map(String.init) : []
            return Group(name: fields[0], gid: gid, members: members)
        }
    }

    private static func records(_ content: some Sequence<UInt8>) -> [[String]] {
        Array(content).split(separator: UInt8(ascii: "\n")).map { line in
            line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map {
                String(decoding: $0, as: UTF8.self)
            }
        }
    }

    /// A user's or group's number as Docker takes it: 0 … 2³¹ − 1 in decimal digits.
    static func identity(_ text: some StringProtocol) -> UInt32? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt32(text),
            number <= UInt32(Int32.max)
        else { return nil }
        return number
    }
}
