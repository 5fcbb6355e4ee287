/// Signals by name or number, as `kill(1)` takes them.
public enum SignalNumber {
    private static let names: [(name: String, number: Int32)] = [
        ("HUP", 1), ("INT", 2), ("QUIT", 3), ("ILL", 4), ("TRAP", 5), ("ABRT", 6), ("IOT", 6), ("BUS", 7), ("FPE", 8),
        ("KILL", 9), ("USR1", 10), ("SEGV", 11), ("USR2", 12), ("PIPE", 13), ("ALRM", 14), ("TERM", 15),
        ("STKFLT", 16), ("CHLD", 17), ("CONT", 18), ("STOP", 19), ("TSTP", 20), ("TTIN", 21), ("TTOU", 22), ("URG", 23),
        ("XCPU", 24), ("XFSZ", 25), ("VTALRM", 26), ("PROF", 27), ("WINCH", 28), ("IO", 29), ("POLL", 29), ("PWR", 30),
        ("SYS", 31), ("RTMIN", 34), ("RTMAX", 64),
    ]

    /// The signal that `9`, `KILL`, `SIGKILL`, `RTMIN+3` or `SIGRTMAX-1` names; nil where it names none. 0 is taken: it asks
    /// whether a process is there.
    public static func parse(_ text: String) -> Int32? {
        if let number = Int32(text) { return (0...64).contains(number) ? number : nil }
        var name = text.uppercased()
        if name.starts("SIG") { name.removeFirst(3) }
        if let known = names.first(where: { $0.name == name }) { return known.number }
        for (prefix, base, sign) in [("RTMIN+", Int32(34), Int32(1)), ("RTMAX-", 64, -1)] where name.starts(prefix) {
            if let offset = Int32(name.dropFirst(6)), (0...30).contains(offset) { return base + sign * offset }
        }
        return nil
    }
}
