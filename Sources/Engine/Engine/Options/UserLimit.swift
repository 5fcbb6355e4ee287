import Linux
package import OCI

/// `--ulimit NAME=SOFT[:HARD]`, with the names of `ulimit(1)`: `nofile=1024:2048`, `core=unlimited`.
package struct UserLimit: Equatable, Sendable {
    package var limit: RuntimeConfiguration.ResourceLimit

    private static let types: [String: String] = [
        "as": "RLIMIT_AS", "core": "RLIMIT_CORE", "cpu": "RLIMIT_CPU", "data": "RLIMIT_DATA", "fsize": "RLIMIT_FSIZE",
        "locks": "RLIMIT_LOCKS", "memlock": "RLIMIT_MEMLOCK", "msgqueue": "RLIMIT_MSGQUEUE", "nice": "RLIMIT_NICE",
        "nofile": "RLIMIT_NOFILE", "nproc": "RLIMIT_NPROC", "rss": "RLIMIT_RSS", "rtprio": "RLIMIT_RTPRIO",
        "rttime": "RLIMIT_RTTIME", "sigpending": "RLIMIT_SIGPENDING", "stack": "RLIMIT_STACK",
    ]

    package init(_ option: String, _ text: String) throws(OptionError) {
        func fail(_ problem: String) -> OptionError { OptionError(option, text, problem) }
        let parts = text.fields(between: "=", maxSplits: 1)
        guard parts.count == 2 else { throw fail("takes NAME=SOFT or NAME=SOFT:HARD, e.g. nofile=1024:2048") }
        guard let type = Self.types[String(parts[0])] else {
            throw fail("'\(parts[0])' is not one of \(Self.types.keys.sorted().joined(separator: ", "))")
        }
        let values = parts[1].fields(between: ":")
        guard (1...2).contains(values.count) else { throw fail("takes one limit or two, soft and hard") }
        func value(_ text: Substring) throws(OptionError) -> UInt64 {
            if text == "-1" || text == "unlimited" { return .max }
            guard let number = UInt64(text) else { throw fail("'\(text)' is neither a number nor unlimited") }
            return number
        }
        let soft = try value(values[0])
        let hard = try values.count == 2 ? value(values[1]) : soft
        guard soft <= hard else { throw fail("the soft limit is above the hard one") }
        limit = RuntimeConfiguration.ResourceLimit(type: type, soft: soft, hard: hard)
    }
}
