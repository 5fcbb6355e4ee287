import Glibc

/// The user namespace of an ordinary user's own, before it is made: he is root in it, and his subordinate ids are everybody
/// else. Pure; `OwnUserNamespace` makes it.
public struct UserNamespacePlan: Equatable, Sendable {
    /// What it depends on. Detected once; given by hand in tests.
    public struct Facts: Equatable, Sendable {
        public var userID: UInt32
        public var groupID: UInt32
        /// How /etc/subuid and /etc/subgid may call the user; the first is what he is told he is called.
        public var names: [String]
        /// /etc/subuid, and /etc/subgid; empty where there is none.
        public var subordinateUsers: String
        public var subordinateGroups: String
        /// Whether `newuidmap` and `newgidmap` are installed.
        public var hasHelpers: Bool

        public init(
            userID: UInt32, groupID: UInt32, names: [String], subordinateUsers: String, subordinateGroups: String,
            hasHelpers: Bool
        ) {
            self.userID = userID
            self.groupID = groupID
            self.names = names
            self.subordinateUsers = subordinateUsers
            self.subordinateGroups = subordinateGroups
            self.hasHelpers = hasHelpers
        }
    }

    /// Why a user has no ids but his own.
    public enum Lack: Equatable, Sendable, CustomStringConvertible {
        /// The package uidmap.
        case helpers
        /// A line in this file; where 65536 ids in it are free.
        case line(file: String, name: String, free: UInt32?)

        public var description: String {
            switch self {
            case .helpers: "newuidmap and newgidmap are not installed; install the package uidmap"
            case .line(let file, let name, let free):
                "\(file) has no line for \(name); "
                    + (free.map { "add \"\(name):\($0):65536\" as root" } ?? "ask its administrator for one")
            }
        }
    }

    public struct Line: Equatable, Sendable {
        public var inside: UInt32
        public var outside: UInt32
        public var count: UInt32

        public init(inside: UInt32, outside: UInt32, count: UInt32) {
            self.inside = inside
            self.outside = outside
            self.count = count
        }
    }

    public let users: [Line]
    public let groups: [Line]
    /// Nil where the user has further ids.
    public let lack: Lack?

    public init(_ facts: Facts) {
        let users = SubordinateIdentifiers(facts.subordinateUsers, names: facts.names, own: facts.userID)
        let groups = SubordinateIdentifiers(facts.subordinateGroups, names: facts.names, own: facts.groupID)
        lack = Self.lack(facts, users, groups)
        let isAlone = lack != nil
        self.users = Self.lines(own: facts.userID, isAlone ? [] : users.ranges)
        self.groups = Self.lines(own: facts.groupID, isAlone ? [] : groups.ranges)
    }

    private static func lack(
        _ facts: Facts, _ users: SubordinateIdentifiers, _ groups: SubordinateIdentifiers
    ) -> Lack? {
        let name = facts.names.first ?? "\(facts.userID)"
        for (file, text, identifiers) in [
            ("/etc/subuid", facts.subordinateUsers, users), ("/etc/subgid", facts.subordinateGroups, groups),
        ] where identifiers.ranges.isEmpty {
            return .line(file: file, name: name, free: SubordinateIdentifiers.free(in: text))
        }
        return facts.hasHelpers ? nil : .helpers
    }

    /// Root is the user; from 1 on come the ranges, one after another.
    private static func lines(own: UInt32, _ ranges: [SubordinateIdentifiers.Range]) -> [Line] {
        var lines = [Line(inside: 0, outside: own, count: 1)]
        var next: UInt32 = 1
        for range in ranges {
            let count = min(range.count, UInt32.max - next)
            guard count > 0 else { break }
            lines.append(Line(inside: next, outside: range.first, count: count))
            next += count
        }
        return lines
    }

    /// As the kernel, or newuidmap and newgidmap, take it.
    public var maps: IdentityMaps {
        func text(_ lines: [Line]) -> String { lines.map { "\($0.inside) \($0.outside) \($0.count)\n" }.joined() }
        return IdentityMaps(
            users: text(users), groups: text(groups), deniesSetGroups: lack != nil, needsHelpers: lack == nil)
    }
}

extension UserNamespacePlan.Facts {
    /// This process's.
    static func detect() -> UserNamespacePlan.Facts {
        let environment = ProcessPlan.ownEnvironment()
        return UserNamespacePlan.Facts(
            userID: geteuid(), groupID: getegid(),
            names: names(
                of: geteuid(), passwd: (try? SystemFile.read("/etc/passwd")) ?? "", environment: environment),
            subordinateUsers: (try? SystemFile.read("/etc/subuid")) ?? "",
            subordinateGroups: (try? SystemFile.read("/etc/subgid")) ?? "",
            hasHelpers: ["newuidmap", "newgidmap"].allSatisfy {
                ProcessPlan.path(of: $0, environment: environment) != nil
            })
    }

    /// How a user may be called. One whom only a directory service knows is asked how he calls himself: newuidmap, which asks the
    /// service, has the last word.
    static func names(of user: UInt32, passwd: String, environment: [String]) -> [String] {
        var names: [String] = []
        for line in passwd.parts(between: "\n") {
            let fields = line.fields(between: ":")
            if fields.count > 2, fields[2] == "\(user)" { names.append(String(fields[0])) }
        }
        if names.isEmpty {
            names += ["USER=", "LOGNAME="].compactMap { prefix in
                environment.first { $0.starts(prefix) }?.rest(after: prefix).map { String($0) }
            }
        }
        names.append("\(user)")
        var seen: Set<String> = []
        return names.filter { !$0.isEmpty && seen.insert($0).inserted }
    }
}
