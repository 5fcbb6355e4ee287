/// Figures and instants here come from files that anybody may have written: what does not hold for all numbers does not compile.
extension Int {
    @available(*, deprecated, message: "not every number has a whole one: write Int(within:)")
    init(_ value: Double) { self.init(within: value) }
}

extension Int64 {
    @available(*, deprecated, message: "not every number has a whole one: write Int64(within:)")
    init(_ value: Double) { self.init(within: value) }

    @available(*, deprecated, message: "the sum may leave the range: add as Double")
    static func + (one: Int64, other: Int64) -> Int64 { Int64(within: Double(one) + Double(other)) }

    @available(*, deprecated, message: "the difference may leave the range: subtract as Double")
    static func - (one: Int64, other: Int64) -> Int64 { Int64(within: Double(one) - Double(other)) }
}
