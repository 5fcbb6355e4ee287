/// HEALTHCHECK: its flags and the durations they have.
extension InstructionParser {
    func healthcheck(
        _ rest: String, _ flags: inout InstructionFlags
    ) throws(ContainerfileError) -> Instruction.Healthcheck {
        let line = InstructionLine(rest)
        switch line.name {
        case "NONE":
            guard line.rest.isEmpty else { throw ContainerfileError("nothing can follow NONE") }
            return Instruction.Healthcheck()
        case "CMD":
            let command = try command(line.rest)
            guard command != .shell(""), command != .words([]) else { throw ContainerfileError("CMD needs a command") }
            var result = Instruction.Healthcheck(command: command)
            result.interval = try duration("interval", &flags)
            result.timeout = try duration("timeout", &flags)
            result.startPeriod = try duration("start-period", &flags)
            result.startInterval = try duration("start-interval", &flags)
            if let text = try flags.take("retries") {
                guard let retries = Int64(text), retries >= 0 else {
                    throw ContainerfileError("--retries is a number, not '\(text)'")
                }
                result.retries = retries == 0 ? nil : retries
            }
            return result
        default: throw ContainerfileError("is NONE or CMD")
        }
    }

    /// None shorter than a millisecond, but 0, which means the default.
    private func duration(
        _ name: String, _ flags: inout InstructionFlags
    ) throws(ContainerfileError) -> Int64? {
        guard let text = try flags.take(name) else { return nil }
        guard let nanoseconds = Self.nanoseconds(text), nanoseconds == 0 || nanoseconds >= 1_000_000 else {
            throw ContainerfileError("--\(name) is a duration of at least 1ms, such as 1m30s, not '\(text)'")
        }
        return nanoseconds == 0 ? nil : nanoseconds
    }

    /// A duration as Go writes it: `1h2m3.5s`, `100ms`, `0`.
    static func nanoseconds(_ text: String) -> Int64? {
        if text == "0" { return 0 }
        let units: [(String, Double)] = [
            ("ns", 1), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9),
        ]
        var rest = text.utf8[...]
        var total = 0.0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { ASCII.isDigit($0) || $0 == UInt8(ascii: ".") }
            rest = rest[digits.endIndex...]
            let name = rest.prefix { !ASCII.isDigit($0) && $0 != UInt8(ascii: ".") }
            rest = rest[name.endIndex...]
            guard let number = Double(digits.text), let unit = units.first(where: { $0.0 == name.text }) else {
                return nil
            }
            total += number * unit.1
        }
        // Where Go's own numbers end.
        return total < 9.2e18 ? Int64(total) : nil
    }
}
