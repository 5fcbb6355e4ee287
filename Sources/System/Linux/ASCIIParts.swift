/// Text from outside (paths, options, variables, the kernel's files) is parted by ASCII characters, which are bytes there.
///
/// Never by `Character`: a combining character after a separator makes one character of both, which is no separator any more
/// (`"../\u{301}x"` would have no `..`), while the kernel sees the byte. And looking at bytes spares what looking for whole
/// characters costs.
extension StringProtocol {
    /// The parts between separators, without the empty ones.
    package func parts(between separator: Unicode.Scalar, maxSplits: Int = .max) -> [Substring] {
        Substring(self).utf8.split(separator: UInt8(ascii: separator), maxSplits: maxSplits).map { Substring($0) }
    }

    /// The parts between separators, empty ones as well: always one at least.
    package func fields(between separator: Unicode.Scalar, maxSplits: Int = .max) -> [Substring] {
        Substring(self).utf8.split(
            separator: UInt8(ascii: separator), maxSplits: maxSplits, omittingEmptySubsequences: false
        ).map { Substring($0) }
    }

    /// Whether the first bytes are those of another text, and the last ones.
    package func starts(_ beginning: String) -> Bool { utf8.starts(with: beginning.utf8) }
    package func ends(_ end: String) -> Bool {
        utf8.count >= end.utf8.count && utf8.suffix(end.utf8.count).elementsEqual(end.utf8)
    }

    /// What comes after a beginning; nil where the text has another.
    package func rest(after beginning: String) -> Substring? {
        starts(beginning) ? Substring(Substring(self).utf8.dropFirst(beginning.utf8.count)) : nil
    }

    /// Whether a byte is among the text's.
    package func holds(_ character: Unicode.Scalar) -> Bool { utf8.contains(UInt8(ascii: character)) }

    /// The text before the first of a character, and the one after it; nil where it is not there.
    package func cut(at separator: Unicode.Scalar) -> (before: Substring, after: Substring)? {
        let bytes = Substring(self).utf8
        guard let place = bytes.firstIndex(of: UInt8(ascii: separator)) else { return nil }
        return (Substring(bytes[..<place]), Substring(bytes[bytes.index(after: place)...]))
    }

    /// A path seen from a directory it is in, `/…`, or empty where it is that directory; nil where it is elsewhere.
    package func path(below directory: String) -> String? {
        if directory == "/" { return String(self) }
        guard starts(directory) else { return nil }
        let rest = Substring(self).utf8.dropFirst(directory.utf8.count)
        return rest.isEmpty || rest.first == UInt8(ascii: "/") ? String(Substring(rest)) : nil
    }
}
