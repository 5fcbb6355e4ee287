import Linux

/// Which part of a content an answer carries: `bytes 5-9/10` (RFC 9110, 14.4), or, of an upload, `0-9` (distribution
/// specification 1.1, "Pushing a blob in chunks").
struct ContentRange: Equatable, Sendable {
    var first: Int64
    /// Included.
    var last: Int64
    /// Nil: unknown (`*`).
    var total: Int64?

    /// Reads `Content-Range`; nil where it names no part.
    init?(_ text: String) {
        let unit = "bytes "
        guard text.lowercased().hasPrefix(unit) else { return nil }
        let parts = text.dropFirst(unit.count).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let (first, last) = Self.bounds(parts[0]) else { return nil }
        if parts[1] == "*" {
            total = nil
        } else {
            guard let number = Self.number(parts[1]), number > last else { return nil }
            total = number
        }
        self.first = first
        self.last = last
    }

    /// Reads the `Range` of an upload, with or without `bytes=`: how many bytes the registry has; nil where it says nothing of use.
    static func uploaded(_ text: String) -> Int64? {
        let bounds = text.hasPrefix("bytes=") ? text.dropFirst(6) : text[...]
        // An empty upload is `0-0` with some registries, which others say of one byte: see `BlobUpload`.
        guard let (first, last) = Self.bounds(bounds), first == 0 else { return nil }
        return last +| 1
    }

    private static func bounds(_ text: Substring) -> (Int64, Int64)? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = number(parts[0]), let last = number(parts[1]), first <= last else {
            return nil
        }
        return (first, last)
    }

    private static func number(_ text: Substring) -> Int64? {
        guard (1...18).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int64(text)
    }
}
