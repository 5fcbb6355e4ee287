import OCI

extension Instruction.Command {
    /// The words that are run.
    func words(shell: [String]) -> [String] {
        switch self {
        case .shell(let line): line.isEmpty ? [] : shell + [line]
        case .words(let words): words
        }
    }
}

extension Instruction.Healthcheck {
    var asConfiguration: ImageConfiguration.Healthcheck {
        var result = ImageConfiguration.Healthcheck()
        switch command {
        case nil: result.test = ["NONE"]
        case .shell(let line): result.test = ["CMD-SHELL", line]
        case .words(let words): result.test = ["CMD"] + words
        }
        result.interval = interval
        result.timeout = timeout
        result.startPeriod = startPeriod
        result.startInterval = startInterval
        result.retries = retries
        return result
    }
}

extension [String] {
    /// As a JSON array: `["a", "b"]`.
    var asJSON: String { String(decoding: JSONDocument.write(self, indented: false), as: UTF8.self) }
}

/// Ports as EXPOSE takes them: `80`, `80/udp`, `8000-8010/tcp`; of `8080:80` the container's.
enum PortSpecification {
    static func ports(_ text: String) throws(ContainerfileError) -> [String] {
        func bad() -> ContainerfileError {
            ContainerfileError("'\(text)' is not a port, such as 80, 80/tcp or 8000-8010/udp")
        }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let networkProtocol = parts.count == 2 ? parts[1].lowercased() : "tcp"
        guard parts.count <= 2, ["tcp", "udp", "sctp"].contains(networkProtocol) else { throw bad() }
        let own = parts[0].split(separator: ":", omittingEmptySubsequences: false).last ?? ""
        let range = own.split(separator: "-", omittingEmptySubsequences: false)
        func number(_ text: Substring) throws(ContainerfileError) -> UInt16 {
            guard text.utf8.allSatisfy(ASCII.isDigit), let number = UInt16(text) else { throw bad() }
            return number
        }
        guard let first = range.first, let last = range.last, range.count <= 2 else { throw bad() }
        let (low, high) = (try number(first), try number(last))
        guard low <= high else { throw bad() }
        return (low...high).map { "\($0)/\(networkProtocol)" }
    }
}

/// A signal by number or name: `9`, `SIGKILL`, `KILL`, `SIGRTMIN+3`.
enum StopSignal {
    static func isWellFormed(_ text: String) -> Bool {
        if let number = Int(text) { return (1...64).contains(number) }
        let name = text.uppercased().hasPrefix("SIG") ? text.dropFirst(3).uppercased() : text.uppercased()
        if names.contains(name) { return true }
        for (prefix, sign) in [("RTMIN", "+"), ("RTMAX", "-")] where name.hasPrefix(prefix) {
            let rest = name.dropFirst(prefix.count)
            if rest.isEmpty { return true }
            return rest.hasPrefix(sign) && UInt8(rest.dropFirst()).map { $0 <= 30 } == true
        }
        return false
    }

    /// signal(7).
    private static let names: Set<String> = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "IOT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE",
        "ALRM",
        "TERM", "STKFLT", "CHLD", "CLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM",
        "PROF",
        "WINCH", "IO", "POLL", "PWR", "SYS",
    ]
}
