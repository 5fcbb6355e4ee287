import CCrypt
import Linux

/// Users and the bcrypt hashes of their passwords, as `htpasswd -B` writes them: `name:$2y$…`, one a line.
struct PasswordFile: Sendable {
    /// By user.
    let hashes: [String: String]
    /// The greatest cost of them; every check takes the time of it.
    private let cost: Int

    /// Nobody.
    static let empty = PasswordFile(hashes: [:])

    /// Reads a file.
    init(path: String) throws {
        try self.init(text: String(decoding: SystemFile.document(path), as: UTF8.self), path: path)
    }

    init(text: String, path: String) throws(SystemError) {
        var hashes: [String: String] = [:]
        // By bytes: to Swift, CR and LF together are one character.
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, bytes) in lines.enumerated() {
            let line = Substring(bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes)
            if line.allSatisfy({ $0 == " " }) || line.hasPrefix("#") { continue }
            func fail(_ advice: String) -> SystemError {
                SystemError("read", "\(path), line \(index + 1)", errno: 0, advice: advice)
            }
            guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else {
                throw fail("expected <user>:<hash>")
            }
            let hash = String(line[line.index(after: colon)...])
            guard Self.cost(of: hash) != nil else {
                throw fail("only bcrypt is accepted, which `htpasswd -B` makes: other hashes are guessed too fast")
            }
            guard hashes.updateValue(hash, forKey: String(line[..<colon])) == nil else {
                throw fail("the user is listed twice")
            }
        }
        self.init(hashes: hashes)
    }

    private init(hashes: [String: String]) {
        self.hashes = hashes
        cost = hashes.values.compactMap(Self.cost(of:)).max() ?? 5
    }

    /// The cost of `$2y$10$` and 53 characters more; nil where it is no such hash.
    private static func cost(of hash: String) -> Int? {
        let parts = hash.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0].isEmpty, ["2a", "2b", "2y"].contains(parts[1]), parts[2].utf8.count == 2,
            parts[3].utf8.count == 53, let cost = Int(parts[2]), (4...17).contains(cost)
        else { return nil }
        return cost
    }

    /// What is hashed to check a password of a user's, by cost: the user's own hash first. Their work together, two to the power of
    /// each, is the same for every user, known or not: else the time of the answer would tell who is one, and whose hash is weak.
    func work(of user: String) -> [Int] {
        guard let own = hashes[user].flatMap(Self.cost(of:)) else { return [cost] }
        return own < cost ? [own] + (own..<cost) : [own]
    }

    /// Whether a password is a user's. It takes the same time for every user.
    func holds(_ password: String, of user: String) -> Bool {
        let hash = hashes[user]
        let found = Self.hash(password, like: hash ?? Self.nobody(cost))
        for cost in work(of: user).dropFirst() { _ = Self.hash(password, like: Self.nobody(cost)) }
        return ConstantTime.equal(Array((found ?? "*").utf8), Array((hash ?? "").utf8))
    }

    /// Of no password.
    private static func nobody(_ cost: Int) -> String {
        "$2y$\(cost < 10 ? "0" : "")\(cost)$" + String(repeating: ".", count: 53)
    }

    /// crypt(3), by libxcrypt; nil where it refuses.
    private static func hash(_ password: String, like setting: String) -> String? {
        guard !password.utf8.contains(0) else { return nil }
        return withUnsafeTemporaryAllocation(of: crypt_data.self, capacity: 1) { data in
            guard let data = data.baseAddress else { return nil }
            data.initialize(to: crypt_data())
            return crypt_r(password, setting, data).map { String(cString: $0) }
        }
    }
}
