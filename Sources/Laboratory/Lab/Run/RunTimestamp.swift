import Glibc

/// An instant for people, UTC.
struct RunTimestamp {
    let text: String
    let compact: String

    static var now: RunTimestamp {
        var seconds = time(nil)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        return RunTimestamp(
            text: format(&parts, "%Y-%m-%dT%H:%M:%SZ"), compact: format(&parts, "%Y-%m-%dT%H%M%S"))
    }

    private static func format(_ parts: inout tm, _ pattern: String) -> String {
        var buffer = [CChar](repeating: 0, count: 64)
        let count = strftime(&buffer, buffer.count, pattern, &parts)
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
