infix operator +| : AdditionPrecedence
infix operator -| : AdditionPrecedence
infix operator *| : MultiplicationPrecedence
infix operator +|= : AssignmentPrecedence

/// Sums that stay at the end of their range instead of ending the program: for numbers that strangers choose. A limit that is
/// compared with such a sum is then exceeded, as it should be.
extension FixedWidthInteger {
    package static func +| (one: Self, other: Self) -> Self {
        let (sum, isOver) = one.addingReportingOverflow(other)
        return isOver ? (other < 0 ? .min : .max) : sum
    }

    package static func -| (one: Self, other: Self) -> Self {
        let (difference, isOver) = one.subtractingReportingOverflow(other)
        // Without a sign, only what would be below nothing leaves the range.
        return isOver ? (other < 0 ? .max : .min) : difference
    }

    package static func *| (one: Self, other: Self) -> Self {
        let (product, isOver) = one.multipliedReportingOverflow(by: other)
        return isOver ? ((one < 0) == (other < 0) ? .max : .min) : product
    }

    package static func +|= (one: inout Self, other: Self) { one = (one +| other) }
}
