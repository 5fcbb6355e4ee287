import Linux

/// Settings of the scope that a configuration asks for by annotations, as podman does: `org.systemd.property.TimeoutStopUSec` with
/// the value `uint64 10000000`, in GVariant's text form (runc's docs/systemd.md). Pure.
public enum AnnotatedProperties {
    private static let prefix = "org.systemd.property."

    /// An annotation that cannot be taken.
    public struct Invalid: Error, Equatable, Sendable, CustomStringConvertible {
        /// Its name, in full.
        public let annotation: String
        public let reason: String

        public var description: String { "annotation '\(annotation)' \(reason)" }
    }

    /// - Throws: `Invalid` for a name no setting has, or a value that cannot be read.
    public static func of(_ annotations: [String: String]) throws(Invalid) -> [UnitProperty] {
        var result: [UnitProperty] = []
        for (key, text) in annotations.sorted(by: { $0.key < $1.key }) {
            guard let rest = key.rest(after: prefix) else { continue }
            let name = String(rest)
            let isName =
                name.utf8.count >= 3 && name.utf8.allSatisfy { isLetter($0) }
                && name.utf8.first.map { $0 < UInt8(ascii: "a") } == true
            guard isName else { throw Invalid(annotation: key, reason: "names no setting of a unit") }
            guard let value = value(text) else {
                throw Invalid(annotation: key, reason: "has a value that is not GVariant: '\(text)'")
            }
            if name.ends("Sec"), !name.ends("USec") {
                guard let property = inMicroseconds(name, value) else {
                    throw Invalid(annotation: key, reason: "is not a number of seconds: '\(text)'")
                }
                result.append(property)
            } else {
                result.append(UnitProperty(name, value))
            }
        }
        return result
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        switch Unicode.Scalar(byte) {
        case "a"..."z", "A"..."Z": true
        default: false
        }
    }

    /// Unit files have seconds where the interface has microseconds.
    private static func inMicroseconds(_ name: String, _ value: BusValue) -> UnitProperty? {
        let seconds: UInt64? =
            switch value {
            case .int32(let number): UInt64(exactly: number)
            case .uint32(let number): UInt64(number)
            case .int64(let number): UInt64(exactly: number)
            case .uint64(let number): number
            default: nil
            }
        guard let (product, overflow) = seconds?.multipliedReportingOverflow(by: 1_000_000), !overflow else {
            return nil
        }
        return UnitProperty(String(Substring(name.utf8.dropLast(3))) + "USec", .uint64(product))
    }

    /// The forms that settings of a scope have: truth, numbers with or without their type, words, lists of words.
    private static func value(_ text: String) -> BusValue? {
        if text == "true" { return .boolean(true) }
        if text == "false" { return .boolean(false) }
        if let word = word(text[...]) { return .string(word) }
        if text.starts("["), text.ends("]") {
            let words = Substring(text.utf8.dropFirst().dropLast()).parts(between: ",").map { word(trimmed($0)) }
            guard !words.contains(nil) else { return nil }
            return .strings(words.compactMap(\.self))
        }
        guard let (type, number) = text.cut(at: " ") else { return Int32(text).map { .int32($0) } }
        switch type {
        case "byte": return UInt8(number).map { .byte($0) }
        case "int32": return Int32(number).map { .int32($0) }
        case "uint32": return UInt32(number).map { .uint32($0) }
        case "int64": return Int64(number).map { .int64($0) }
        case "uint64": return UInt64(number).map { .uint64($0) }
        default: return nil
        }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var bytes = text.utf8
        while bytes.first == UInt8(ascii: " ") { bytes.removeFirst() }
        while bytes.last == UInt8(ascii: " ") { bytes.removeLast() }
        return Substring(bytes)
    }

    /// Between quotation marks of one kind, with nothing to be unescaped.
    private static func word(_ text: Substring) -> String? {
        for mark in [UInt8(ascii: "'"), UInt8(ascii: "\"")] {
            let bytes = text.utf8
            guard bytes.count >= 2, bytes.first == mark, bytes.last == mark else { continue }
            let inside = bytes.dropFirst().dropLast()
            guard !inside.contains(mark), !inside.contains(UInt8(ascii: "\\")) else { return nil }
            return String(Substring(inside))
        }
        return nil
    }
}
