import Testing

@testable import Reports

@Suite struct QuantityTests {
    /// Three significant digits and the unit that fits; rounding never prints a thousand of one unit.
    @Test(arguments: [
        (0.0, "ms", "0 ns"), (0.000_21, "ms", "210 ns"), (0.9996, "ms", "1.00 ms"), (0.9994, "ms", "999 µs"),
        (2.714, "ms", "2.71 ms"), (27.14, "ms", "27.1 ms"), (999.6, "ms", "1.00 s"), (1_260, "ms", "1.26 s"),
        (12_345, "ms", "12.3 s"), (-2.5, "ms", "\u{2212}2.50 ms"), (0.32, "ns", "0.320 ns"), (512, "B", "512 B"),
        (1_023.9, "B", "1.00 KiB"), (187e6, "B", "178 MiB"), (11.7, "1", "11.7"),
    ]) func quantity(value: Double, unit: String, expected: String) {
        #expect(Quantity.text(value, unit).replacing("\u{A0}", with: " ") == expected)
    }

    /// Both ends of an interval share a unit, and differ where they are different.
    @Test func intervals() {
        #expect(Quantity.interval(2.651, 2.8, "ms") == "2.65 to 2.80\u{A0}ms")
        #expect(Quantity.interval(0.95, 1.05, "ms") == "0.95 to 1.05\u{A0}ms")
        #expect(Quantity.interval(100.1, 100.2, "ms") == "100.1 to 100.2\u{A0}ms")
        #expect(Quantity.signedInterval(-0.5, 0.75, "ms") == "[\u{2212}500,\u{A0}+750]\u{A0}µs")
    }

    /// A share that is not quite nothing or everything never prints as 0 % or 100 %.
    @Test func shares() {
        #expect(Quantity.share(1, of: 1_000) == "<1\u{A0}%")
        #expect(Quantity.share(999, of: 1_000) == ">99\u{A0}%")
        #expect(Quantity.share(42, of: 50) == "84\u{A0}%")
    }

    /// Values no table should be given do not crash it.
    @Test func oddities() {
        #expect(Quantity.text(.nan, "ms").hasPrefix("–"))
        #expect(Quantity.text(.infinity, "ms").hasPrefix("–"))
        #expect(Quantity.count(1_234_567) == "1\u{A0}234\u{A0}567")
    }
}
