private import Glibc

/// Reads JSON (RFC 8259) in one pass over its bytes, straight into typed values.
///
/// Where the standard leaves a choice, the stricter one is taken, since two programs that read a document differently are
/// how checks are evaded: a member given twice is refused (Go takes the last, yajl the first), names match to the letter
/// (Go ignores case), numbers are whole and exact, lone surrogates and NUL in strings are refused. Unknown members are
/// skipped, once they are found to be JSON.
public struct JSONReader {
    /// Deeper nesting than any document needs is refused, so that no input can exhaust the stack.
    static let greatestDepth = 128

    private let bytes: UnsafeBufferPointer<UInt8>
    private(set) var offset = 0
    private var depth = 0

    /// - Parameter bytes: outlive the reader.
    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    // MARK: Values

    mutating func readBool() throws(DocumentFault) -> Bool {
        switch peek() {
        case UInt8(ascii: "t"):
            try take(word: "true")
            return true
        case UInt8(ascii: "f"):
            try take(word: "false")
            return false
        default: throw mismatch("true or false")
        }
    }

    mutating func readInteger<Value: FixedWidthInteger>() throws(DocumentFault) -> Value {
        guard let first = peek(), first == UInt8(ascii: "-") || isDigit(first) else {
            throw mismatch("a whole number")
        }
        let start = offset
        let number = try takeNumber()
        guard number.isWhole else { throw DocumentFault("expected a whole number, found \(text(from: start))") }
        let value: Value?
        if let magnitude = number.magnitude {
            value =
                number.isNegative
                ? (magnitude <= 1 << 63 ? Value(exactly: Int64(truncatingIfNeeded: 0 &- magnitude)) : nil)
                : Value(exactly: magnitude)
        } else {
            value = nil
        }
        guard let value else {
            throw DocumentFault("the number \(text(from: start)) is out of range (\(Value.min) to \(Value.max))")
        }
        return value
    }

    /// - Parameter takesNul: of a text that no system call is given.
    mutating func readString(takesNul: Bool = false) throws(DocumentFault) -> String {
        guard peek() == UInt8(ascii: "\"") else { throw mismatch("a string") }
        let token = try takeString()
        if let decoded = token.decoded {
            guard takesNul || !decoded.contains(0) else {
                throw DocumentFault("contains a NUL, which no system call can take")
            }
            return String(decoding: decoded, as: UTF8.self)
        }
        return String(decoding: token.bytes, as: UTF8.self)
    }

    /// Whether the next value is `null`, which is then taken.
    mutating func takeNull() throws(DocumentFault) -> Bool {
        guard peek() == UInt8(ascii: "n") else { return false }
        try take(word: "null")
        return true
    }

    mutating func readElements(_ element: (inout JSONReader) throws(DocumentFault) -> Void) throws(DocumentFault) {
        guard peek() == UInt8(ascii: "[") else { throw mismatch("an array") }
        try open()
        var index = 0
        while try next(index == 0, until: UInt8(ascii: "]")) {
            do throws(DocumentFault) {
                try element(&self)
            } catch {
                throw error.inside(element: index)
            }
            index += 1
        }
        close()
    }

    mutating func readEntries(_ entry: (String, inout JSONReader) throws(DocumentFault) -> Void) throws(DocumentFault) {
        guard peek() == UInt8(ascii: "{") else { throw mismatch("an object") }
        try open()
        var isFirst = true
        while try next(isFirst, until: UInt8(ascii: "}")) {
            isFirst = false
            guard peek() == UInt8(ascii: "\"") else { throw syntax("expected the name of a member") }
            let key = try readString()
            try takeColon()
            do throws(DocumentFault) {
                try entry(key, &self)
            } catch {
                throw error.inside(member: key)
            }
        }
        close()
    }

    mutating func readMembers(of object: inout some JSONObject) throws(DocumentFault) {
        guard peek() == UInt8(ascii: "{") else { throw mismatch("an object") }
        try open()
        var members = JSONMemberReader(self)
        var isFirst = true
        while try members.reader.next(isFirst, until: UInt8(ascii: "}")) {
            isFirst = false
            members.begin(try members.reader.takeKey())
            try object.visit(&members)
            if !members.isTaken { try members.reader.skipValue() }
        }
        members.beginCheck()
        try object.visit(&members)
        self = members.reader
        close()
    }

    /// A value of any kind.
    mutating func readTree() throws(DocumentFault) -> JSONTree {
        switch peek() {
        case UInt8(ascii: "{"):
            var members: [JSONTree.Member] = []
            var names: Set<String> = []
            try readEntries { (name, reader) throws(DocumentFault) in
                guard names.insert(name).inserted else { throw DocumentFault("is given twice") }
                members.append(JSONTree.Member(name, try reader.readTree()))
            }
            return .object(members)
        case UInt8(ascii: "["):
            var elements: [JSONTree] = []
            try readElements { (reader) throws(DocumentFault) in elements.append(try reader.readTree()) }
            return .list(elements)
        case UInt8(ascii: "\""): return .text(try readString())
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool(try readBool())
        case UInt8(ascii: "n"):
            _ = try takeNull()
            return .null
        default:
            let start = offset
            _ = try takeNumber()
            return .number(String(decoding: bytes[start..<offset], as: UTF8.self))
        }
    }

    /// Steps over a value of any kind, which must be JSON nevertheless.
    mutating func skipValue() throws(DocumentFault) {
        switch peek() {
        case UInt8(ascii: "{"):
            try open()
            var isFirst = true
            while try next(isFirst, until: UInt8(ascii: "}")) {
                isFirst = false
                _ = try takeKey()
                try skipValue()
            }
            close()
        case UInt8(ascii: "["):
            try open()
            var isFirst = true
            while try next(isFirst, until: UInt8(ascii: "]")) {
                isFirst = false
                try skipValue()
            }
            close()
        case UInt8(ascii: "\""): _ = try takeString()
        case UInt8(ascii: "t"): try take(word: "true")
        case UInt8(ascii: "f"): try take(word: "false")
        case UInt8(ascii: "n"): try take(word: "null")
        default: _ = try takeNumber()
        }
    }

    /// Nothing but white space may follow the document's value.
    mutating func finish() throws(DocumentFault) {
        guard peek() == nil else { throw syntax("there is data after the end of the document") }
    }

    // MARK: Structure

    /// A fault of a value of another kind than was expected.
    private mutating func mismatch(_ expected: String) -> DocumentFault {
        let found: String
        switch peek() {
        case UInt8(ascii: "{"): found = "an object"
        case UInt8(ascii: "["): found = "an array"
        case UInt8(ascii: "\""): found = "a string"
        case UInt8(ascii: "t"), UInt8(ascii: "f"): found = "a truth value"
        case UInt8(ascii: "n"): found = "null"
        case .some(let byte) where byte == UInt8(ascii: "-") || isDigit(byte): found = "a number"
        case .some: return syntax("no value can begin like this")
        case nil: return syntax("the document ends too early")
        }
        return DocumentFault("expected \(expected), found \(found)")
    }

    private mutating func open() throws(DocumentFault) {
        guard depth < Self.greatestDepth else { throw syntax("nested deeper than \(Self.greatestDepth)") }
        depth += 1
        offset += 1
    }

    /// The closing bracket was taken by `next`.
    private mutating func close() { depth -= 1 }

    /// Whether another element or member follows; takes the comma before it, or the closing bracket.
    fileprivate mutating func next(_ isFirst: Bool, until bracket: UInt8) throws(DocumentFault) -> Bool {
        guard let byte = peek() else { throw syntax("the document ends too early") }
        if byte == bracket {
            offset += 1
            return false
        }
        if isFirst { return true }
        guard byte == UInt8(ascii: ",") else { throw syntax("expected a comma") }
        offset += 1
        guard peek() != bracket else { throw syntax("a comma before the closing bracket") }
        return true
    }

    fileprivate mutating func takeKey() throws(DocumentFault) -> JSONString {
        guard peek() == UInt8(ascii: "\"") else { throw syntax("expected the name of a member") }
        let key = try takeString()
        try takeColon()
        return key
    }

    private mutating func takeColon() throws(DocumentFault) {
        guard peek() == UInt8(ascii: ":") else { throw syntax("expected a colon") }
        offset += 1
    }

    // MARK: Tokens

    /// The next byte that is not white space, not taken.
    private mutating func peek() -> UInt8? {
        while offset < bytes.count {
            let byte = bytes[offset]
            guard byte == 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D else { return byte }
            offset += 1
        }
        return nil
    }

    private mutating func take(word: StaticString) throws(DocumentFault) {
        let count = word.utf8CodeUnitCount
        guard bytes.count - offset >= count, let base = bytes.baseAddress,
            memcmp(base + offset, word.utf8Start, count) == 0
        else { throw syntax("no value can begin like this") }
        offset += count
    }

    private func text(from start: Int) -> String {
        shown(String(decoding: bytes[start..<offset], as: UTF8.self))
    }

    private mutating func takeNumber() throws(DocumentFault) -> JSONNumber {
        var number = JSONNumber()
        if byte(at: offset) == UInt8(ascii: "-") {
            number.isNegative = true
            offset += 1
        }
        guard let first = byte(at: offset) else { throw syntax("the document ends too early") }
        guard isDigit(first) else { throw syntax("no value can begin like this") }
        while let digit = byte(at: offset), isDigit(digit) {
            number.append(digit - UInt8(ascii: "0"))
            offset += 1
            if first == UInt8(ascii: "0") { break }
        }
        if byte(at: offset) == UInt8(ascii: ".") {
            offset += 1
            number.isWhole = false
            try takeDigits()
        }
        if let exponent = byte(at: offset), exponent | 0x20 == UInt8(ascii: "e") {
            offset += 1
            number.isWhole = false
            if let sign = byte(at: offset), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { offset += 1 }
            try takeDigits()
        }
        if let after = byte(at: offset), isDigit(after) { throw syntax("a number with a leading zero") }
        return number
    }

    private mutating func takeDigits() throws(DocumentFault) {
        guard let first = byte(at: offset), isDigit(first) else { throw syntax("a number without digits") }
        while let digit = byte(at: offset), isDigit(digit) { offset += 1 }
    }

    private func byte(at offset: Int) -> UInt8? {
        offset < bytes.count ? bytes[offset] : nil
    }

    private func syntax(_ problem: String) -> DocumentFault {
        DocumentFault(syntax: problem, at: offset)
    }

    /// A string's content; the reader stands at its opening quotation mark.
    private mutating func takeString() throws(DocumentFault) -> JSONString {
        offset += 1
        let start = offset
        var isASCII = true
        while let byte = byte(at: offset) {
            if byte == UInt8(ascii: "\"") {
                let content = UnsafeBufferPointer(rebasing: bytes[start..<offset])
                guard isASCII || String(validating: content, as: UTF8.self) != nil else {
                    throw DocumentFault(syntax: "a string that is not UTF-8", at: start)
                }
                offset += 1
                return JSONString(bytes: content, decoded: nil)
            }
            if byte == UInt8(ascii: "\\") { return try takeEscapedString(from: start) }
            guard byte >= 0x20 else { throw syntax("a control character in a string") }
            if byte >= 0x80 { isASCII = false }
            offset += 1
        }
        throw syntax("the document ends in a string")
    }

    /// The rest of a string from its first escape on.
    private mutating func takeEscapedString(from start: Int) throws(DocumentFault) -> JSONString {
        var decoded = Array(bytes[start..<offset])
        while let byte = byte(at: offset) {
            offset += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard String(validating: decoded, as: UTF8.self) != nil else {
                    throw DocumentFault(syntax: "a string that is not UTF-8", at: start)
                }
                return JSONString(bytes: UnsafeBufferPointer(rebasing: bytes[start..<offset - 1]), decoded: decoded)
            case UInt8(ascii: "\\"): decoded += String(try takeEscape()).utf8
            case ..<0x20: throw DocumentFault(syntax: "a control character in a string", at: offset - 1)
            default: decoded.append(byte)
            }
        }
        throw syntax("the document ends in a string")
    }

    /// What follows a backslash.
    private mutating func takeEscape() throws(DocumentFault) -> Unicode.Scalar {
        guard let byte = byte(at: offset) else { throw syntax("the document ends in a string") }
        let escape = offset - 1
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            var value = try takeHexadecimal()
            if 0xD800...0xDBFF ~= value, self.byte(at: offset) == UInt8(ascii: "\\"),
                self.byte(at: offset + 1) == UInt8(ascii: "u")
            {
                offset += 2
                let low = try takeHexadecimal()
                guard 0xDC00...0xDFFF ~= low else { throw DocumentFault(syntax: "half a surrogate pair", at: escape) }
                value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(value) else {
                throw DocumentFault(syntax: "half a surrogate pair", at: escape)
            }
            return scalar
        default: throw DocumentFault(syntax: "an unknown escape in a string", at: escape)
        }
    }

    private mutating func takeHexadecimal() throws(DocumentFault) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = byte(at: offset), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw syntax("an escape without four hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
            offset += 1
        }
        return value
    }
}

private func isDigit(_ byte: UInt8) -> Bool {
    UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
}

/// A string as it stands in the document, without its quotation marks.
struct JSONString {
    let bytes: UnsafeBufferPointer<UInt8>
    /// Its meaning, where it holds escapes.
    let decoded: [UInt8]?

    func equals(_ name: StaticString) -> Bool {
        func equals(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
            guard bytes.count == name.utf8CodeUnitCount else { return false }
            guard let base = bytes.baseAddress else { return true }
            return memcmp(base, name.utf8Start, bytes.count) == 0
        }
        return decoded.map { $0.withUnsafeBufferPointer(equals) } ?? equals(bytes)
    }
}

/// A number as it stands in the document.
private struct JSONNumber {
    var isNegative = false
    /// Without fraction and exponent.
    var isWhole = true
    /// Without sign; nil beyond 64 bits.
    private(set) var magnitude: UInt64? = 0

    mutating func append(_ digit: UInt8) {
        guard let value = magnitude else { return }
        let (ten, tooGreat) = value.multipliedReportingOverflow(by: 10)
        let (sum, overflow) = ten.addingReportingOverflow(UInt64(digit))
        magnitude = tooGreat || overflow ? nil : sum
    }
}
