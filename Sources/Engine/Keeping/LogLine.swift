/// A line of a container's log, in the form of Docker's json-file: `{"log":"…","stream":"stdout","time":"…"}`.
package enum LogLine {
    /// Appends one, with its newline.
    ///
    /// - Parameters:
    ///   - text: what was said, with its own newline where it has one. Bytes that are not UTF-8 become U+FFFD, as with Docker.
    ///   - isError: whether it was said on standard error.
    package static func append(
        _ text: ArraySlice<UInt8>, isError: Bool, at instant: LogInstant, to line: inout [UInt8]
    ) {
        line.append(contentsOf: "{\"log\":\"".utf8)
        appendEscaped(text, to: &line)
        line.append(
            contentsOf: (isError ? "\",\"stream\":\"stderr\",\"time\":\"" : "\",\"stream\":\"stdout\",\"time\":\"").utf8
        )
        instant.append(to: &line)
        line.append(contentsOf: "\"}\n".utf8)
    }

    private static func appendEscaped(_ text: ArraySlice<UInt8>, to line: inout [UInt8]) {
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            switch byte {
            case 0x22, 0x5C:
                line.append(0x5C)
                line.append(byte)
            case 0x0A: line.append(contentsOf: "\\n".utf8)
            case 0x0D: line.append(contentsOf: "\\r".utf8)
            case 0x09: line.append(contentsOf: "\\t".utf8)
            case ..<0x20, 0x7F:
                line.append(contentsOf: "\\u00".utf8)
                line.append(hexadecimal(byte >> 4))
                line.append(hexadecimal(byte & 15))
            case 0x20..<0x7F: line.append(byte)
            default:
                let length = lengthOfCharacter(text, at: index)
                if length == 0 {
                    line.append(contentsOf: "\\ufffd".utf8)
                } else {
                    line.append(contentsOf: text[index..<index + length])
                    index += length - 1
                }
            }
            index += 1
        }
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 { digit < 10 ? 0x30 + digit : 0x57 + digit }

    /// Bytes of the character of several bytes that begins here (RFC 3629); 0 where none does.
    private static func lengthOfCharacter(_ text: ArraySlice<UInt8>, at start: Int) -> Int {
        let first = text[start]
        let length: Int
        var lowest: UInt8 = 0x80
        var highest: UInt8 = 0xBF
        switch first {
        case 0xC2...0xDF: length = 2
        case 0xE0:
            length = 3
            lowest = 0xA0
        case 0xED:
            length = 3
            highest = 0x9F
        case 0xE1...0xEF: length = 3
        case 0xF0:
            length = 4
            lowest = 0x90
        case 0xF4:
            length = 4
            highest = 0x8F
        case 0xF1...0xF3: length = 4
        default: return 0
        }
        guard text.endIndex - start >= length else { return 0 }
        guard text[start + 1] >= lowest, text[start + 1] <= highest else { return 0 }
        for index in start + 2..<max(start + length, start + 2) where text[index] & 0xC0 != 0x80 { return 0 }
        return length
    }
}

/// When something was said: seconds after 1970, and nanoseconds.
package struct LogInstant: Equatable, Sendable {
    package var seconds: Int64
    package var nanoseconds: Int64

    package init(seconds: Int64, nanoseconds: Int64) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// Appends it as RFC 3339 has it, in UTC, with nine digits after the second.
    package func append(to line: inout [UInt8]) {
        let days = seconds >= 0 ? seconds / 86400 : -((86399 - seconds) / 86400)
        let ofDay = seconds - days * 86400
        // Days after 1970 in the Gregorian calendar; years are counted from March, so that a leap day is the last.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let ofEra = shifted - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let part = (5 * ofYear + 2) / 153
        let month = part < 10 ? part + 3 : part - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        Self.append(year, 4, to: &line)
        line.append(0x2D)
        Self.append(month, 2, to: &line)
        line.append(0x2D)
        Self.append(ofYear - (153 * part + 2) / 5 + 1, 2, to: &line)
        line.append(0x54)
        Self.append(ofDay / 3600, 2, to: &line)
        line.append(0x3A)
        Self.append(ofDay / 60 % 60, 2, to: &line)
        line.append(0x3A)
        Self.append(ofDay % 60, 2, to: &line)
        line.append(0x2E)
        Self.append(nanoseconds, 9, to: &line)
        line.append(0x5A)
    }

    private static func append(_ number: Int64, _ width: Int, to line: inout [UInt8]) {
        let start = line.count
        for _ in 0..<width { line.append(0x30) }
        var rest = number < 0 ? 0 : number
        var index = start + width - 1
        while index >= start {
            line[index] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
            index -= 1
        }
    }
}
