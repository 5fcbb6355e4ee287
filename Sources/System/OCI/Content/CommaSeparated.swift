/// One line of values parted by commas (RFC 4180), as options such as `--mount` take them: a value in quotation marks may hold
/// commas, and two quotation marks are one.
public enum CommaSeparated {
    /// What is no such line: a quotation mark inside of a value, or one that has no second.
    public struct Fault: Error, Equatable, Sendable, CustomStringConvertible {
        public let problem: String
        public var description: String { problem }
    }

    /// The values of a line; the byte order mark in front of a file's first is none of it.
    public static func values(_ text: some StringProtocol) throws(Fault) -> [String] {
        var rest = Array(text.utf8)[...]
        if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
        let (comma, quote) = (UInt8(ascii: ","), UInt8(ascii: "\""))
        var values: [String] = []
        while true {
            var value: [UInt8] = []
            if rest.first == quote {
                rest = rest.dropFirst()
                while true {
                    guard let byte = rest.popFirst() else { throw Fault(problem: "a quotation mark is not closed") }
                    if byte != quote {
                        value.append(byte)
                    } else if rest.first == quote {
                        value.append(quote)
                        rest = rest.dropFirst()
                    } else {
                        break
                    }
                }
                guard rest.isEmpty || rest.first == comma else {
                    throw Fault(problem: "something follows a closing quotation mark")
                }
            } else {
                value = Array(rest.prefix { $0 != comma })
                guard !value.contains(quote) else {
                    throw Fault(problem: "a quotation mark is inside a value: quote the whole field")
                }
                rest = rest.dropFirst(value.count)
            }
            values.append(String(decoding: value, as: UTF8.self))
            guard rest.popFirst() != nil else { return values }
        }
    }

    /// `NAME=VALUE` parts of a line, in their order; nil where there is no `=`.
    public static func fields(_ text: some StringProtocol) throws(Fault) -> [(name: String, value: String?)] {
        try values(text).map { value in
            let parts = value.utf8.split(
                separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            return (String(Substring(parts[0])), parts.count == 2 ? String(Substring(parts[1])) : nil)
        }
    }
}
