import Glibc

/// Processes and what they hold, from /proc.
enum ProcessTree {
    /// A process and everything below it.
    static func descendants(of root: Int32) -> [Int32] {
        var found = [root]
        var index = 0
        while index < found.count {
            let pid = found[index]
            for task in Files.names(in: "/proc/\(pid)/task") {
                guard let bytes = try? Files.bytes("/proc/\(pid)/task/\(task)/children") else { continue }
                found += String(decoding: bytes, as: UTF8.self).split(separator: " ").compactMap { Int32($0) }
            }
            index += 1
        }
        return found
    }

    /// Proportional and unique set size, bytes (/proc/<pid>/smaps_rollup); `nil` for a process that is gone.
    static func memory(of pid: Int32) -> (pss: UInt64, uss: UInt64)? {
        guard let bytes = try? Files.bytes("/proc/\(pid)/smaps_rollup"), !bytes.isEmpty else { return nil }
        let fields = kibibytes(bytes)
        guard let pss = fields["Pss"] else { return nil }
        return (pss, (fields["Private_Clean"] ?? 0) + (fields["Private_Dirty"] ?? 0) + (fields["Private_Hugetlb"] ?? 0))
    }

    /// The host's MemAvailable, bytes (/proc/meminfo).
    static func memoryAvailable() -> UInt64? {
        (try? Files.bytes("/proc/meminfo")).flatMap { kibibytes($0)["MemAvailable"] }
    }

    /// `Name:   123 kB` lines, in bytes.
    static func kibibytes(_ bytes: [UInt8]) -> [String: UInt64] {
        var fields: [String: UInt64] = [:]
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let words = String(decoding: line, as: UTF8.self).split(whereSeparator: { $0 == " " || $0 == ":" })
            guard words.count == 3, words[2] == "kB", let value = UInt64(words[1]) else { continue }
            fields[String(words[0])] = value * 1024
        }
        return fields
    }
}
