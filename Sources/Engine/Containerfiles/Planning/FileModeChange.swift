/// What `--chmod` makes of a file's permissions: an octal number, or what chmod(1) takes, `u=rwX,go-w`.
package struct FileModeChange: Equatable, Sendable {
    /// As it was written.
    package let text: String
    private let form: Form

    private enum Form: Equatable, Sendable {
        case exact(UInt32)
        case clauses([Clause])
    }

    /// One `who operator permissions`.
    private struct Clause: Equatable, Sendable {
        /// Bits of a user, a group and all others that it is about, 0o700, 0o070 and 0o007.
        var who: UInt32
        var sign: UInt8
        /// `rwx` of one of the three.
        var bits: UInt32 = 0
        /// `X`: `x` for directories, and for what somebody may execute already.
        var executesConditionally = false
        var setsIdentity = false
        var isSticky = false
        /// `u`, `g` or `o`: as that one has it; the bits to shift its permissions by.
        var copied: UInt32?
    }

    /// - Throws: for a text that is neither.
    package init(_ text: String) throws(ContainerfileError) {
        self.text = text
        let bad = ContainerfileError(
            "--chmod=\(text): permissions are an octal number, such as 755, or symbolic, such as u=rwX,go=rX")
        if text.utf8.first.map(ASCII.isDigit) == true {
            guard text.utf8.allSatisfy(ASCII.isDigit), let mode = UInt32(text, radix: 8), mode <= 0o7777 else {
                throw bad
            }
            form = .exact(mode)
            return
        }
        var clauses: [Clause] = []
        for part in text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            guard let own = Self.parse(Array(part)) else { throw bad }
            clauses += own
        }
        form = .clauses(clauses)
    }

    private static func parse(_ text: [UInt8]) -> [Clause]? {
        let names: [UInt8: UInt32] = [
            UInt8(ascii: "u"): 0o700, UInt8(ascii: "g"): 0o070, UInt8(ascii: "o"): 0o007, UInt8(ascii: "a"): 0o777,
        ]
        var rest = text[...]
        var who: UInt32 = 0
        while let byte = rest.first, let own = names[byte] {
            who |= own
            rest = rest.dropFirst()
        }
        if who == 0 { who = 0o777 }
        var clauses: [Clause] = []
        while let sign = rest.first {
            guard [UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "=")].contains(sign) else { return nil }
            rest = rest.dropFirst()
            var clause = Clause(who: who, sign: sign)
            while let byte = rest.first, ![UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "=")].contains(byte) {
                switch byte {
                case UInt8(ascii: "r"): clause.bits |= 4
                case UInt8(ascii: "w"): clause.bits |= 2
                case UInt8(ascii: "x"): clause.bits |= 1
                case UInt8(ascii: "X"): clause.executesConditionally = true
                case UInt8(ascii: "s"): clause.setsIdentity = true
                case UInt8(ascii: "t"): clause.isSticky = true
                case UInt8(ascii: "u"): clause.copied = 6
                case UInt8(ascii: "g"): clause.copied = 3
                case UInt8(ascii: "o"): clause.copied = 0
                default: return nil
                }
                rest = rest.dropFirst()
            }
            clauses.append(clause)
        }
        return clauses.isEmpty ? nil : clauses
    }

    /// The permissions of a file that has some; of one that is made, from what it would have.
    package func applied(to mode: UInt32, isDirectory: Bool) -> UInt32 {
        switch form {
        case .exact(let mode): return mode
        case .clauses(let clauses): return clauses.reduce(mode) { Self.apply($1, to: $0, isDirectory) }
        }
    }

    private static func apply(_ clause: Clause, to mode: UInt32, _ isDirectory: Bool) -> UInt32 {
        var bits = clause.bits
        if let shift = clause.copied { bits |= mode >> shift & 7 }
        if clause.executesConditionally, isDirectory || mode & 0o111 != 0 { bits |= 1 }
        var change = (bits << 6 | bits << 3 | bits) & clause.who
        if clause.setsIdentity {
            if clause.who & 0o700 != 0 { change |= 0o4000 }
            if clause.who & 0o070 != 0 { change |= 0o2000 }
        }
        if clause.isSticky { change |= 0o1000 }
        switch clause.sign {
        case UInt8(ascii: "+"): return mode | change
        case UInt8(ascii: "-"): return mode & ~change
        default:
            var cleared = clause.who
            if clause.who & 0o700 != 0 { cleared |= 0o4000 }
            if clause.who & 0o070 != 0 { cleared |= 0o2000 }
            if clause.who == 0o777 { cleared |= 0o1000 }
            return mode & ~cleared | change
        }
    }
}
