import Glibc
import Linux
import Presentation

/// An instant of a log, to the nanosecond.
struct LogTime: Comparable {
    /// After 1970.
    var seconds: Int64
    var nanoseconds: Int64

    init(seconds: Int64, nanoseconds: Int64) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// Of RFC 3339; nil for another form.
    init?(_ text: String) {
        guard let seconds = Age.seconds(of: text) else { return nil }
        self.seconds = seconds
        nanoseconds = 0
        guard let dot = text.cut(at: ".") else { return }
        let digits = dot.after.utf8.prefix { (0x30...0x39).contains($0) }.prefix(9)
        var fraction: Int64 = 0
        for digit in digits { fraction = fraction * 10 + Int64(digit - 0x30) }
        for _ in digits.count..<9 { fraction *= 10 }
        nanoseconds = fraction
    }

    static func now() -> LogTime {
        var moment = timespec()
        clock_gettime(CLOCK_REALTIME, &moment)
        return LogTime(seconds: Int64(moment.tv_sec), nanoseconds: Int64(moment.tv_nsec))
    }

    static func < (left: LogTime, right: LogTime) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }

    /// `--since` and `--until` as Docker takes them: RFC 3339, without a zone too (UTC is taken), a date alone, seconds after 1970 with or
    /// without a fraction, or how long ago (`10m`).
    init(_ option: String, _ text: String, now: LogTime = .now()) throws(OptionError) {
        if let length = GoDuration.nanoseconds(text), text != "0" {
            self.init(
                seconds: now.seconds - length / 1_000_000_000, nanoseconds: now.nanoseconds - length % 1_000_000_000)
            if nanoseconds < 0 { (self.seconds, nanoseconds) = (self.seconds - 1, nanoseconds + 1_000_000_000) }
            if nanoseconds >= 1_000_000_000 {
                (self.seconds, nanoseconds) = (self.seconds + 1, nanoseconds - 1_000_000_000)
            }
            return
        }
        let parts = text.fields(between: ".", maxSplits: 1)
        if let seconds = Int64(parts[0]), parts.count == 1 || parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            let digits = parts.count == 2 ? String(parts[1].utf8.prefix(9).map { Character(UnicodeScalar($0)) }) : ""
            self.init(
                seconds: seconds, nanoseconds: Int64(digits + String(repeating: "0", count: 9 - digits.utf8.count)) ?? 0
            )
            return
        }
        for candidate in [text, text + "Z", text + ":00Z", text + "T00:00:00Z"] {
            if let time = LogTime(candidate) {
                self = time
                return
            }
        }
        throw OptionError(
            option, text,
            "takes an instant such as 2026-11-24T08:50:07Z, seconds after 1970, or how long ago, such as 10m")
    }
}
