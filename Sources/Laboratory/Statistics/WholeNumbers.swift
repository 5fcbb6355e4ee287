/// Whole numbers of those with a fraction, by leaving it out. Records may hold any number, and sums of them more: what is beyond the
/// range becomes its end, and what is no number 0, where Swift's own conversions end the program.
extension FixedWidthInteger where Self: SignedInteger {
    package init(within value: Double) {
        self = Self(exactly: value.rounded(.towardZero)) ?? (value > 0 ? .max : value < 0 ? .min : 0)
    }
}
