import Linux

/// What part of a blob a client asks for: the header `Range` (RFC 9110, 14).
enum ByteRange: Equatable {
    /// All of it: no header, one of several ranges, or one that is not understood, which is to be ignored.
    case whole
    case part(Range<Int64>)
    /// Nothing of the blob lies in it: 416.
    case unsatisfiable

    init(header: String?, size: Int64) {
        self = .whole
        guard let header else { return }
        let text = header.filter { $0 != " " && $0 != "\t" }
        guard text.lowercased().hasPrefix("bytes=") else { return }
        let ends = text.dropFirst("bytes=".count).split(
            separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard ends.count == 2, !ends[1].contains(",") else { return }
        if ends[0].isEmpty {
            guard let count = HeaderNumber.number(ends[1]) else { return }
            self = count == 0 || size == 0 ? .unsatisfiable : .part(max(0, size -| count)..<size)
            return
        }
        guard let first = HeaderNumber.number(ends[0]) else { return }
        guard !ends[1].isEmpty else {
            self = first < size ? .part(first..<size) : .unsatisfiable
            return
        }
        guard let last = HeaderNumber.number(ends[1]) else { return }
        // `500-0` is no range at all; that is answered with 416, which tells the client more than the whole blob would.
        guard first <= last, first < size else {
            self = .unsatisfiable
            return
        }
        self = .part(first..<(min(last, size -| 1) +| 1))
    }
}

/// Where a chunk belongs: the header `Content-Range` of uploads, `<first>-<last>`, both inclusive and without a unit (OCI
/// distribution specification 1.1, "Pushing a blob in chunks"); `bytes=`, `bytes ` and a total after a slash are read as well.
struct ChunkRange: Equatable {
    var first: Int64
    var last: Int64

    init?(_ header: String) {
        var text = Substring(header)
        for unit in ["bytes=", "bytes "] where text.lowercased().hasPrefix(unit) { text = text.dropFirst(unit.count) }
        if let slash = text.firstIndex(of: "/") { text = text[..<slash] }
        let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard ends.count == 2, let first = HeaderNumber.number(ends[0]), let last = HeaderNumber.number(ends[1]),
            first <= last,
            last < Int64.max
        else { return nil }
        self.first = first
        self.last = last
    }

    var count: Int64 { last -| first +| 1 }
}
