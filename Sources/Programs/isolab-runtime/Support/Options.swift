import Linux

/// One option of the command line.
struct OptionSpecification {
    /// Without its dashes, the long form first.
    let names: [String]
    /// What stands for the value in the help; nil for a flag.
    let value: String?
    let help: String

    init(_ names: String..., value: String? = nil, help: String) {
        self.names = names
        self.value = value
        self.help = help
    }
}

/// The arguments of one command, read by its table of options.
///
/// A reader of our own: engines call a runtime many times a second, and the ecosystem's parser costs more to start (1 ms)
/// than the whole of `state` does.
struct Options {
    private(set) var positional: [String] = []
    private var values: [String: [String]] = [:]

    /// - Parameters:
    ///   - stopsAtPositional: whether everything after so many positional arguments is taken as it is (`exec ID ls -l`).
    ///   - rest: what was not read, after the first positional argument where `stopsAtPositional` is 0.
    init(
        _ arguments: ArraySlice<String>, _ specifications: [OptionSpecification], stopsAtPositional: Int? = nil
    ) throws(UsageError) {
        var rest = arguments
        while let argument = rest.popFirst() {
            if argument == "--" {
                positional += rest
                return
            }
            guard argument.starts("-"), argument != "-" else {
                positional.append(argument)
                if let stop = stopsAtPositional, positional.count > stop {
                    positional += rest
                    return
                }
                continue
            }
            // One dash or two, as Go's programs take them.
            let text = Substring(argument.utf8.dropFirst(argument.starts("--") ? 2 : 1))
            let parts = text.fields(between: "=", maxSplits: 1)
            let name = String(parts.first ?? "")
            guard let option = specifications.first(where: { $0.names.contains(name) }) else {
                throw UsageError("unknown option '\(argument)'")
            }
            let key = option.names[0]
            if option.value == nil {
                let word = parts.count > 1 ? String(parts[1]) : "true"
                guard word == "true" || word == "false" else { throw UsageError("--\(key) takes no value") }
                values[key] = [word]
            } else if parts.count > 1 {
                values[key, default: []].append(String(parts[1]))
            } else if let value = rest.popFirst() {
                values[key, default: []].append(value)
            } else {
                throw UsageError("--\(key) needs a value")
            }
        }
    }

    func flag(_ name: String) -> Bool { values[name]?.last == "true" }

    func value(_ name: String) -> String? { values[name]?.last }

    /// An empty one is none: what a caller's variable gave.
    func path(_ name: String) -> String? { value(name).flatMap { $0.isEmpty ? nil : $0 } }

    func all(_ name: String) -> [String] { values[name] ?? [] }

    func number<Number: FixedWidthInteger>(_ name: String, as type: Number.Type) throws(UsageError) -> Number? {
        guard let text = value(name) else { return nil }
        guard let number = Number(text) else { throw UsageError("--\(name) '\(text)' is not a whole number in range") }
        return number
    }

    /// An amount of bytes as Go's programs take it: `70m`, `1.5GiB`, `4096`; -1 is no limit.
    func size(_ name: String) throws(UsageError) -> Int64? {
        guard let text = value(name) else { return nil }
        if text == "-1" { return -1 }
        guard let bytes = Self.bytes(text) else { throw UsageError("--\(name) '\(text)' is not a size such as 70m") }
        return bytes
    }

    private static func bytes(_ text: String) -> Int64? {
        let digits = text.utf8.prefix {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: ".")
        }
        let unit = String(decoding: text.utf8.dropFirst(digits.count), as: UTF8.self).lowercased()
        let powers = ["", "k", "m", "g", "t", "p"]
        let power = powers.firstIndex { unit == $0 || unit == $0 + "b" || !$0.isEmpty && unit == $0 + "ib" }
        let number = String(decoding: digits, as: UTF8.self)
        guard let power, !number.isEmpty else { return nil }
        if let whole = Int64(number) {
            let (product, overflow) = whole.multipliedReportingOverflow(by: 1 << (10 * Int64(power)))
            return overflow ? nil : product
        }
        guard let amount = Double(number) else { return nil }
        return Int64(exactly: (amount * Double(1 << (10 * Int64(power)))).rounded(.down))
    }

    /// The positional argument at a place.
    func argument(_ place: Int, _ name: String) throws(UsageError) -> String {
        guard positional.indices.contains(place) else { throw UsageError("<\(name)> is missing") }
        return positional[place]
    }

    func noMore(than count: Int) throws(UsageError) {
        if positional.count > count { throw UsageError("unexpected argument '\(positional[count])'") }
    }
}

/// A command line that says nothing that can be done: exit status 2 is not used, engines know 1 only.
struct UsageError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
