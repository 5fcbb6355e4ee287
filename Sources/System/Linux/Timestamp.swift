import CLinux
import Glibc

/// The instant as RFC 3339 has it, in UTC.
package enum Timestamp {
    /// - Parameter nanoseconds: with nine digits after the second, else to the second.
    package static func now(nanoseconds: Bool) -> String {
        var moment = timespec()
        clock_gettime(CLOCK_REALTIME, &moment)
        return text(moment, nanoseconds: nanoseconds)
    }

    /// - Parameter seconds: since 1970.
    package static func text(seconds: Int64) -> String {
        text(timespec(tv_sec: Int(seconds), tv_nsec: 0), nanoseconds: false)
    }

    private static func text(_ instant: timespec, nanoseconds: Bool) -> String {
        var moment = instant
        var parts = tm()
        gmtime_r(&moment.tv_sec, &parts)
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        let day = [Int(parts.tm_mon) + 1, Int(parts.tm_mday)].map { padded($0, 2) }
        let time = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { padded(Int($0), 2) }
        let date = ([padded(Int(parts.tm_year) + 1900, 4)] + day).joined(separator: "-")
        let fraction = nanoseconds ? "." + padded(moment.tv_nsec, 9) : ""
        return "\(date)T\(time.joined(separator: ":"))\(fraction)Z"
    }
}
