import Linux

/// An amount of bytes as options take it: a decimal number and a unit of 1024ths, `512m`, `1.5GiB`, `4096`.
package struct ByteSize: Equatable, Sendable {
    package let bytes: Int64
    /// What the user typed: errors quote that.
    let text: String

    private static let units: [Character: Int64] = [
        "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40, "p": 1 << 50,
    ]

    /// - Parameter allowsUnlimited: whether `-1` is taken, for no limit.
    package init(_ option: String, _ text: String, allowsUnlimited: Bool = false) throws(OptionError) {
        self.text = text
        if allowsUnlimited, text == "-1" {
            bytes = -1
            return
        }
        func fail(_ problem: String) -> OptionError { OptionError(option, text, problem) }
        let takes = "takes a number and b, k, m, g, t or p, e.g. 512m" + (allowsUnlimited ? ", or -1 for no limit" : "")
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        var unit = text.dropFirst(number.count).lowercased()
        if unit.ends("ib") {
            unit.removeLast(2)
        } else if unit.count == 2, unit.ends("b") {
            unit.removeLast()
        }
        guard unit.count <= 1, let factor = unit.first.map({ Self.units[$0] }) ?? 1 else { throw fail(takes) }
        guard let value = Decimal(number) else { throw fail(takes) }
        guard let amount = value.times(factor) else { throw fail("is too large") }
        bytes = amount
    }

    /// Amounts are compared, not how they were typed.
    package static func == (one: ByteSize, other: ByteSize) -> Bool { one.bytes == other.bytes }
}

/// Whole processors and parts of one, exactly: `0.5` is 50 000 of every 100 000 microseconds.
package struct ProcessorTime: Equatable, Sendable {
    /// Microseconds of the quota's period.
    package static let period: UInt64 = 100_000
    /// Microseconds in each period; nil: no limit.
    package let quota: Int64?

    package init(_ option: String, _ text: String) throws(OptionError) {
        let takes = "takes a number of processors, e.g. 1.5; 0 means no limit"
        guard let value = Decimal(Substring(text)), let quota = value.times(Int64(Self.period)) else {
            throw OptionError(option, text, takes)
        }
        // The kernel's least quota is a millisecond.
        guard quota == 0 || quota >= 1000 else { throw OptionError(option, text, "is less than 0.01 of a processor") }
        self.quota = quota == 0 ? nil : quota
    }
}

/// A decimal number without a sign, kept whole: binary floating point would make 0.29 processors 28 999 microseconds.
struct Decimal: Equatable {
    private let digits: Int64
    /// The power of ten the digits are divided by.
    private let scale: Int64

    /// Up to 18 digits, with at most one point that has digits before or after it.
    init?(_ text: Substring) {
        let parts = text.fields(between: ".")
        guard (1...2).contains(parts.count), parts.allSatisfy({ $0.allSatisfy(\.isASCIIDigit) }) else { return nil }
        let fraction = parts.count == 2 ? parts[1] : ""
        let all = parts[0] + fraction
        guard (1...18).contains(all.count), let digits = Int64(all) else { return nil }
        self.digits = digits
        scale = fraction.reduce(1) { scale, _ in scale * 10 }
    }

    /// Rounded to the nearest whole number; nil where it does not fit.
    func times(_ factor: Int64) -> Int64? {
        let product = digits.multipliedFullWidth(by: factor)
        guard product.high < scale else { return nil }
        let (quotient, remainder) = scale.dividingFullWidth(product)
        return remainder * 2 >= scale ? quotient &+ 1 : quotient
    }
}

extension Character {
    var isASCIIDigit: Bool { isASCII && isNumber }
}
