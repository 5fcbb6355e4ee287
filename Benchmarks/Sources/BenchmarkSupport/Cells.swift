import Glibc
public import Statistics

// Figures as cells of a Markdown table.

/// `n | min | median | MAD | p95` of values in milliseconds.
public let distributionHeader = "n | min ms | median ms | MAD | p95"

public func distributionCells(_ values: SortedValues) -> [String] {
    ["\(values.count)"]
        + [values.minimum, values.median, values.medianAbsoluteDeviation, values.quantile(0.95)].map { decimal($0, 3) }
}

/// `**0.50** (0.48 … 0.53)`: the ratio of medians with its bootstrap 95 % interval.
public func ratioCell(_ subject: SortedValues, to peer: SortedValues, generator: inout SeededGenerator) -> String {
    let ratios = zip(
        Bootstrap.quantiles(subject, generator: &generator), Bootstrap.quantiles(peer, generator: &generator)
    ).map { $0 / $1 }
    let interval = Bootstrap.percentileInterval(ratios)
    return "**\(decimal(subject.median / peer.median, 2))** "
        + "(\(decimal(interval.low, 2)) … \(decimal(interval.high, 2)))"
}

public func decimal(_ value: Double, _ places: Int) -> String {
    let scale = pow(10, Double(places))
    let whole = Int((abs(value) * scale).rounded())
    var digits = String(whole)
    while digits.count <= places { digits = "0" + digits }
    if places > 0 { digits.insert(".", at: digits.index(digits.endIndex, offsetBy: -places)) }
    return (value < 0 ? "−" : "") + digits
}

/// The options of a command line as pairs of name and value.
public func optionPairs(_ arguments: [String]) throws -> [(name: String, value: String)] {
    guard arguments.count.isMultiple(of: 2) else {
        throw UsageError(description: "\(arguments.last ?? "") needs a value")
    }
    return stride(from: 0, to: arguments.count, by: 2).map { (arguments[$0], arguments[$0 + 1]) }
}

public func number<Number: FixedWidthInteger>(_ option: String, _ value: String) throws -> Number {
    guard let number = Number(value) else { throw UsageError(description: "\(option): '\(value)' is no number") }
    return number
}

public struct UsageError: Error, CustomStringConvertible {
    public let description: String

    public init(description: String) { self.description = description }
}
