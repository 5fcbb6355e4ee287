/// The texts of a cgroup's files as values. Pure; what cannot be read is left out, since kernels add lines.
enum CgroupText {
    /// `key value` lines (`memory.stat`, `cpu.stat`, `memory.events`).
    static func keyed(_ text: String) -> [String: UInt64] {
        var result: [String: UInt64] = [:]
        for line in text.parts(between: "\n") {
            let words = line.parts(between: " ")
            if words.count == 2, let value = UInt64(words[1]) { result[String(words[0])] = value }
        }
        return result
    }

    /// A number alone in its file, `max` as the largest.
    static func amount(_ text: String) -> UInt64? {
        let word = text.prefix { $0 != "\n" && $0 != " " }
        return word == "max" ? .max : UInt64(word)
    }

    /// Numbers in a row (`cpuacct.usage_percpu`).
    static func numbers(_ text: String) -> [UInt64] { text.split { $0 == " " || $0 == "\n" }.compactMap { UInt64($0) } }

    /// A table with a line of titles (`cpuacct.usage_all`), by column.
    static func columns(_ text: String) -> [String: [UInt64]] {
        let lines = text.parts(between: "\n").map { $0.parts(between: " ") }
        guard let titles = lines.first else { return [:] }
        var result: [String: [UInt64]] = [:]
        for line in lines.dropFirst() where line.count == titles.count {
            for (title, word) in zip(titles, line) {
                guard let number = UInt64(word) else { continue }
                result[String(title), default: []].append(number)
            }
        }
        return result
    }

    /// A list of cpuset(7), `0-3,8`.
    static func list(_ text: String) -> [UInt32] {
        var result: [UInt32] = []
        for part in text.split(whereSeparator: { $0 == "," || $0 == "\n" }) {
            let ends = part.parts(between: "-").compactMap { UInt32($0) }
            guard let first = ends.first, let last = ends.last, ends.count <= 2, first <= last else { continue }
            // No kernel has more processors than this; a broken text must not fill the memory.
            guard last - first < 65_536 else { continue }
            result += first...last
        }
        return result
    }

    /// v1's `8:0 Read 4096` lines; the sum over all devices (`Total 4096`) is left out.
    static func blockIO(v1 text: String) -> [CgroupStatistics.BlockIO.Entry] {
        text.parts(between: "\n").compactMap { line in
            let words = line.parts(between: " ")
            guard words.count == 3, let device = device(words[0]), let value = UInt64(words[2]) else { return nil }
            return .init(major: device.major, minor: device.minor, operation: String(words[1]), value: value)
        }
    }

    /// v2's `io.stat`: `8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6`, in v1's words as runc has them.
    static func blockIO(
        v2 text: String
    ) -> (bytes: [CgroupStatistics.BlockIO.Entry], requests: [CgroupStatistics.BlockIO.Entry]) {
        var bytes: [CgroupStatistics.BlockIO.Entry] = []
        var requests: [CgroupStatistics.BlockIO.Entry] = []
        for line in text.parts(between: "\n") {
            let words = line.parts(between: " ")
            guard let first = words.first, let device = device(first) else { continue }
            for word in words.dropFirst() {
                let parts = word.parts(between: "=")
                guard parts.count == 2, let value = UInt64(parts[1]) else { continue }
                func entry(_ operation: String) -> CgroupStatistics.BlockIO.Entry {
                    .init(major: device.major, minor: device.minor, operation: operation, value: value)
                }
                switch parts[0] {
                case "rbytes": bytes.append(entry("Read"))
                case "wbytes": bytes.append(entry("Write"))
                case "dbytes": bytes.append(entry("Discard"))
                case "rios": requests.append(entry("Read"))
                case "wios": requests.append(entry("Write"))
                case "dios": requests.append(entry("Discard"))
                default: break
                }
            }
        }
        return (bytes, requests)
    }

    private static func device(_ text: Substring) -> (major: UInt64, minor: UInt64)? {
        let parts = text.parts(between: ":")
        guard parts.count == 2, let major = UInt64(parts[0]), let minor = UInt64(parts[1]) else { return nil }
        return (major, minor)
    }

    /// `some avg10=0.00 avg60=0.10 avg300=0.18 total=7340663`, and `full` likewise; nil where there is neither.
    static func pressure(_ text: String) -> CgroupStatistics.Pressure? {
        var result = CgroupStatistics.Pressure()
        for line in text.parts(between: "\n") {
            var values: [Substring: Substring] = [:]
            for word in line.parts(between: " ") {
                let parts = word.parts(between: "=")
                if parts.count == 2 { values[parts[0]] = parts[1] }
            }
            guard let ten = values["avg10"].flatMap({ Double($0) }),
                let sixty = values["avg60"].flatMap({ Double($0) }),
                let long = values["avg300"].flatMap({ Double($0) }), let total = values["total"].flatMap({ UInt64($0) })
            else { continue }
            let stall = CgroupStatistics.Pressure.Stall(avg10: ten, avg60: sixty, avg300: long, total: total)
            if line.starts("some") { result.some = stall }
            if line.starts("full") { result.full = stall }
        }
        return result == CgroupStatistics.Pressure() ? nil : result
    }
}
