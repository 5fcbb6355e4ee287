import Linux

/// Names and identifiers of volumes.
package enum VolumeName {
    /// Docker's rule: a letter or a digit, then letters, digits, `_`, `.` and `-`; and at most 255, which is what a directory takes.
    package static func isName(_ text: String) -> Bool {
        (2...255).contains(text.utf8.count) && text.utf8.allSatisfy { isAlphanumeric($0) || "_.-".utf8.contains($0) }
            && text.utf8.first.map(isAlphanumeric) == true
    }

    /// What a name is made of, for errors.
    package static let rule = "takes at least two letters, digits, '_', '.' and '-', a letter or a digit first"

    /// 64 hexadecimal digits, as containers have them.
    static func isIdentifier(_ text: String) -> Bool { text.utf8.count == 64 && isHexadecimal(text) }

    static func identifier() -> String { RandomName.make() + RandomName.make() }

    static func isHexadecimal(_ text: String) -> Bool {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}
