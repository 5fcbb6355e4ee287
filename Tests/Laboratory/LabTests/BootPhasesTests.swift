import Testing

@testable import Lab

/// A guest's start, parted by what its kernel's log says.
@Suite struct BootPhasesTests {
    private static func stretches(exits: UInt64? = nil) -> [Stretch] {
        [
            Stretch(name: "make devices", actor: "qemu", start: 100, end: 1_000_000),
            Stretch(
                name: BootPhases.whole, actor: "guest kernel", start: 1_000_000, end: 601_000_000, exits: exits),
            Stretch(name: "workload", actor: "workload", start: 601_000_000, end: 602_000_000),
        ]
    }

    private static let values: [String: Double] = [
        "boot.memory": 100_000_000, "boot.processors": 180_000_000, "boot.initialised": 480_000_000,
        "boot.run": 500_000_000,
    ]

    /// The parts follow each other without a gap, from the stretch's beginning to its end.
    @Test func partsAddUp() {
        let parted = BootPhases.parted(Self.stretches(), values: Self.values)
        #expect(parted.count == 7)
        let own = parted[1...5]
        #expect(own.first?.start == 1_000_000 && own.last?.end == 601_000_000)
        #expect(zip(own, own.dropFirst()).allSatisfy { $0.end == $1.start })
        #expect(own.map { $0.end - $0.start } == [100_000_000, 100_000_000, 80_000_000, 300_000_000, 20_000_000])
        #expect(own.allSatisfy { $0.actor == "guest kernel" })
        #expect(parted.first?.name == "make devices" && parted.last?.name == "workload")
    }

    /// A point that a kernel lacks joins its neighbours; what contradicts the host's clock, or says nothing, parts nothing.
    @Test func whatIsNotSaid() {
        var values = Self.values
        values["boot.processors"] = nil
        #expect(BootPhases.parted(Self.stretches(), values: values).count == 6)
        #expect(BootPhases.parted(Self.stretches(), values: [:]).count == 3)
        values["boot.run"] = 700_000_000
        #expect(BootPhases.parted(Self.stretches(), values: values).count == 3)
        values["boot.run"] = 90_000_000
        #expect(BootPhases.parted(Self.stretches(), values: values).count == 4)
    }

    /// Where exits were counted over the whole, that stands before its parts.
    @Test func exitsStayWithTheWhole() {
        let parted = BootPhases.parted(Self.stretches(exits: 40_000), values: Self.values)
        #expect(parted.count == 8 && parted[1].exits == 40_000 && parted[1].name == BootPhases.whole)
        #expect(parted[2...].allSatisfy { $0.exits == nil })
    }
}
