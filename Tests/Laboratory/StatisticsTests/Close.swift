import Testing

@testable import Statistics

/// Equal to a relative (below 1: absolute) tolerance.
func expectClose(
    _ value: Double, _ expected: Double, within tolerance: Double = 1e-9, _ what: String = "",
    location: SourceLocation = #_sourceLocation
) {
    let distance = abs(value - expected)
    #expect(
        distance <= tolerance * max(1, abs(expected)), "\(what): \(value), expected \(expected)",
        sourceLocation: location)
}

extension Reference {
    /// A reference sample in the order of measuring.
    static func sequence(_ name: String) throws -> [Double] { try #require(samples[name]) }
    static func sorted(_ name: String) throws -> SortedValues { SortedValues(try sequence(name)) }
}
