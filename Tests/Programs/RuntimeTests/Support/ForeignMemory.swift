import Glibc
import Linux

/// The memory of another process, as somebody has it who may trace that one.
struct ForeignMemory {
    struct Mapping {
        var start: UInt64
        var end: UInt64
        var isWritable: Bool
        var name: Substring
    }

    let pid: Int32

    func mappings() throws -> [Mapping] {
        try SystemFile.read("/proc/\(pid)/maps").split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
            let ends = words[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
            guard ends.count == 2, words[1].hasPrefix("r"), ends[1] < 1 << 63 else { return nil }
            return Mapping(
                start: ends[0], end: ends[1], isWritable: words[1].hasPrefix("rw"),
                name: words.count > 5 ? words[5] : "")
        }
    }

    private func open() throws -> OwnedDescriptor { try OwnedDescriptor(opening: "/proc/\(pid)/mem", O_RDWR) }

    /// Of a range, what can be read.
    func bytes(_ start: UInt64, _ count: Int) throws -> [UInt8] {
        let file = try open()
        var buffer = [UInt8](repeating: 0, count: count)
        let length = pread(file.number, &buffer, count, off_t(start))
        return Array(buffer.prefix(max(0, length)))
    }

    /// Whether a text is anywhere in what the process could change.
    func holds(_ text: String) throws -> Bool {
        let wanted = Array(text.utf8)
        return try mappings().contains { mapping in
            guard mapping.isWritable, mapping.end - mapping.start < 64 << 20 else { return false }
            return Self.isFound(wanted, in: try bytes(mapping.start, Int(mapping.end - mapping.start)))
        }
    }

    private static func isFound(_ wanted: [UInt8], in bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { all in
            guard let base = all.baseAddress, let first = wanted.first else { return false }
            var place = 0
            while place + wanted.count <= all.count,
                let found = memchr(base + place, Int32(first), all.count - wanted.count - place + 1)
            {
                if memcmp(found, wanted, wanted.count) == 0 { return true }
                place = UnsafeRawPointer(found) - base + 1
            }
            return false
        }
    }

    static let pattern = [UInt8](repeating: 0xE5, count: 256)

    /// Overwrites the beginning of every page that can be written.
    ///
    /// - Returns: where.
    func overwrite() throws -> [UInt64] {
        let file = try open()
        var places: [UInt64] = []
        for mapping in try mappings() where mapping.isWritable {
            for place in stride(from: mapping.start, to: mapping.end, by: 4096) {
                if pwrite(file.number, Self.pattern, Self.pattern.count, off_t(place)) == Self.pattern.count {
                    places.append(place)
                }
            }
        }
        return places
    }

    /// Whether one of the places holds what was written to another process's.
    func holdsPattern(at places: [UInt64]) throws -> Bool {
        try places.contains { try bytes($0, Self.pattern.count) == Self.pattern }
    }
}
