import Glibc

/// The records that stand before an entry's own header (pax(1), "pax Interchange Format"), for those that libarchive loses.
enum PaxRecords {
    private static let block = 512
    /// Where a header says what kind of entry it is.
    static let typeOffset = 156
    /// Those that say something of what follows.
    static let types = Array("xgXLK".utf8)

    /// The entry's own header, behind those of its records; nil where there is none.
    static func ownHeader(_ headers: [UInt8]) -> ArraySlice<UInt8>? {
        var start = 0
        while start + block <= headers.count {
            guard types.contains(headers[start + typeOffset]) else { return headers[start..<start + block] }
            guard let size = size(headers[start + 124..<start + 136]), size <= headers.count - start - block else {
                return nil
            }
            start += block + (size + block - 1) / block * block
        }
        return nil
    }

    /// The permissions a header says.
    static func mode(_ header: ArraySlice<UInt8>) -> mode_t? {
        size(header.dropFirst(100).prefix(8)).map { mode_t(truncatingIfNeeded: $0) & 0o7777 }
    }

    /// The value of a record; nil where there is none. The last one counts.
    ///
    /// - Parameter headers: an entry's headers, whole blocks from the first to its own, as libarchive has read them.
    static func value(of key: String, in headers: [UInt8]) -> [UInt8]? {
        var value: [UInt8]?
        var start = 0
        while start + block <= headers.count {
            let type = headers[start + 156]
            // Those that say something of what follows; the first other is the entry's own.
            guard types.contains(type), let size = size(headers[start + 124..<start + 136]) else { break }
            let content = start + block
            guard size <= headers.count - content else { break }
            if type == UInt8(ascii: "x") || type == UInt8(ascii: "X") {
                value = last(Array(key.utf8), in: headers[content..<content + size]) ?? value
            }
            start = content + (size + block - 1) / block * block
        }
        return value
    }

    /// `LENGTH KEY=VALUE\n`, the length counting itself.
    private static func last(_ key: [UInt8], in records: ArraySlice<UInt8>) -> [UInt8]? {
        var value: [UInt8]?
        var rest = records
        while let space = rest.firstIndex(of: 0x20), let length = number(rest[..<space], radix: 10),
            length > space - rest.startIndex + 1, length <= rest.count
        {
            let record = rest[(space + 1)..<(rest.startIndex + length - 1)]
            if record.starts(with: key + [0x3D]) { value = Array(record.dropFirst(key.count + 1)) }
            rest = rest.dropFirst(length)
        }
        return value
    }

    private static func size(_ field: ArraySlice<UInt8>) -> Int? {
        number(field.drop { $0 == 0x20 }.prefix { $0 != 0 && $0 != 0x20 }, radix: 8)
    }

    private static func number(_ digits: ArraySlice<UInt8>, radix: Int) -> Int? {
        guard digits.first != UInt8(ascii: "-"), digits.first != UInt8(ascii: "+") else { return nil }
        return Int(String(decoding: digits, as: UTF8.self), radix: radix)
    }
}
