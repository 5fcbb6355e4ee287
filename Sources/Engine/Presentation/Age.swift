import Glibc
import Linux

/// How long ago something was, for people: `3 minutes`, `About an hour`, `2 weeks`.
package enum Age {
    /// Docker's words.
    package static func text(seconds: Int64) -> String {
        switch seconds {
        case ..<1: return "Less than a second"
        case 1: return "1 second"
        case ..<60: return "\(seconds) seconds"
        case ..<120: return "About a minute"
        case ..<3600: return "\(seconds / 60) minutes"
        case ..<5400: return "About an hour"
        case ..<172_800: return "\((seconds +| 1800) / 3600) hours"
        case ..<1_209_600: return "\(seconds / 86400) days"
        case ..<5_184_000: return "\(seconds / 604_800) weeks"
        case ..<63_072_000: return "\(seconds / 2_592_000) months"
        default: return "\(seconds / 31_536_000) years"
        }
    }

    /// From an instant of RFC 3339 until now; `N/A` where it is none, or the one by which Go says that nobody set it.
    package static func since(_ instant: String?, now: Int64 = Age.now()) -> String {
        guard let instant, !instant.starts("0001-01-01T00:00:00"), let seconds = seconds(of: instant) else {
            return "N/A"
        }
        return text(seconds: max(0, now -| seconds)) + " ago"
    }

    /// Seconds after 1970.
    package static func now() -> Int64 { Int64(time(nil)) }

    /// Seconds after 1970 of `2026-11-24T08:50:07[.123](Z|±hh:mm)` (RFC 3339); nil for another form.
    package static func seconds(of instant: String) -> Int64? {
        let text = Array(instant.utf8)
        func number(_ range: Range<Int>) -> Int64? {
            guard range.upperBound <= text.count, text[range].allSatisfy({ (0x30...0x39).contains($0) }) else {
                return nil
            }
            return text[range].reduce(0) { $0 *| 10 +| Int64($1 - 0x30) }
        }
        guard text.count >= 20, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
            text[10] | 0x20 == UInt8(ascii: "t"), text[13] == UInt8(ascii: ":"), text[16] == UInt8(ascii: ":"),
            let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
            let minute = number(14..<16), let second = number(17..<19), (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        var rest = 19
        if text[rest] == UInt8(ascii: ".") {
            rest += 1
            while rest < text.count, (0x30...0x39).contains(text[rest]) { rest += 1 }
        }
        var offset: Int64 = 0
        guard rest < text.count else { return nil }
        if text[rest] | 0x20 == UInt8(ascii: "z") {
            guard rest + 1 == text.count else { return nil }
        } else {
            guard text[rest] == UInt8(ascii: "+") || text[rest] == UInt8(ascii: "-"), text.count == rest + 6,
                text[rest + 3] == UInt8(ascii: ":"), let hours = number(rest + 1..<rest + 3),
                let minutes = number(rest + 4..<rest + 6)
            else { return nil }
            offset = ((hours *| 60 +| minutes) *| 60 *| (text[rest] == UInt8(ascii: "-") ? -1 : 1))
        }
        return days(year, month, day) *| 86400 +| hour *| 3600 +| minute *| 60 +| second -| offset
    }

    /// Days after 1970 in the Gregorian calendar; years are counted from March, so that a leap day is the last.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month > 2 ? year : year -| 1
        let era = (shifted >= 0 ? shifted : shifted -| 399) / 400
        let ofEra = shifted -| era *| 400
        let ofYear = (153 *| (month +| (month > 2 ? -3 : 9)) +| 2) / 5 +| day -| 1
        return era *| 146_097 +| ofEra *| 365 +| ofEra / 4 -| ofEra / 100 +| ofYear -| 719_468
    }
}
