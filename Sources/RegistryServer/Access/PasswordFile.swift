import CCrypt
import Linux

/// Users and the bcrypt hashes of their passwords, as `htpasswd -B` writes them: `name:$2y$…`, one a line.
struct PasswordFile: Sendable {
    /// By user.
    let hashes: [String: String]

    /// Reads a file.
    init(path: String) throws {
        try self.init(text: SystemFile.read(path), path: path)
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
            guard Self.isBcrypt(hash) else {
                throw fail("only bcrypt is accepted, which `htpasswd -B` makes: other hashes are guessed too fast")
            }
            guard hashes.updateValue(hash, forKey: String(line[..<colon])) == nil else {
                throw fail("the user is there already")
            }
        }
        self.hashes = hashes
    }

    /// `$2y$10$` and 53 characters more.
    private static func isBcrypt(_ hash: String) -> Bool {
        let parts = hash.split(separator: "$", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0].isEmpty && ["2a", "2b", "2y"].contains(parts[1])
            && parts[2].utf8.count == 2 && (Int(parts[2]).map { (4...17).contains($0) } ?? false)
            && parts[3].utf8.count == 53
    }

    /// Whether a password is a user's. Of an unknown user it takes as long as of a known one.
    func holds(_ password: String, of user: String) -> Bool {
        let hash = hashes[user]
        let found = Self.hash(password, like: hash ?? hashes.values.max() ?? Self.nobody)
        return ConstantTime.equal(Array((found ?? "*").utf8), Array((hash ?? "").utf8))
    }

    /// Of no password; of the cost that htpasswd gives by default.
    private static let nobody = "$2y$05$......................" + String(repeating: ".", count: 31)

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
