import Linux

/// In this target sizes, positions and lengths are `Int64`, and strangers choose them. A bare sum of such numbers ends the program
/// where it leaves their range, so none compiles here: `+|` and its like, which stay at the end of the range, are to be written.
/// (`Int` counts what is in memory already.)
extension Int64 {
    @available(*, deprecated, message: "a stranger may have chosen the numbers: write +|")
    static func + (one: Int64, other: Int64) -> Int64 { one +| other }

    @available(*, deprecated, message: "a stranger may have chosen the numbers: write -|")
    static func - (one: Int64, other: Int64) -> Int64 { one -| other }

    @available(*, deprecated, message: "a stranger may have chosen the numbers: write *|")
    static func * (one: Int64, other: Int64) -> Int64 { one *| other }

    @available(*, deprecated, message: "a stranger may have chosen the numbers: write +|=")
    static func += (one: inout Int64, other: Int64) { one = (one +| other) }

    @available(*, deprecated, message: "a stranger may have chosen the numbers: write -|")
    static func -= (one: inout Int64, other: Int64) { one = (one -| other) }
}
