import Glibc
import Linux
import RunRecord
import Testing

@testable import Lab

/// What the host does while a block is measured, and when that disturbs it.
@Suite struct HostStateTests {
    /// Counters of two processors, in ticks and nanoseconds, so many seconds after the beginning.
    private static func reading(
        _ seconds: Double, idle: Double = 0, stolen: Double = 0, own: Double = 0, cpu: Double = 0, memory: Double = 0,
        io: Double = 0, throttles: Int? = nil, limit: Double? = nil
    ) -> HostReading {
        HostReading(
            at: 5_000_000_000 + UInt64(seconds * 1e9),
            times: ProcessorTimes(total: Int(seconds * 200), idle: Int(idle * 100), stolen: Int(stolen * 100)),
            processors: 2, own: UInt64(own * 1e9), cpuPressure: Int(cpu * 1e6), memoryPressure: Int(memory * 1e6),
            ioPressure: Int(io * 1e6), load: 0.5, megahertz: nil, megahertzLimit: limit, throttles: throttles)
    }

    /// Only the lines of the processors that are meant are summed; I/O wait is idle, guest time is not counted twice.
    @Test func processorsThatAreMeant() throws {
        let text = """
            cpu  300 0 300 2400 0 0 0 0 50 0
            cpu0 100 0 100 790 10 0 0 0 50 0
            cpu1 100 0 100 800 0 0 0 0 0 0
            cpu11 100 0 100 700 50 0 0 50 0 0
            intr 1 2 3
            """
        #expect(
            ProcessorTimes(stat: text, of: [0, 11]) == ProcessorTimes(total: 2000, idle: 1550, stolen: 50))
        #expect(ProcessorTimes(stat: text, of: [1])?.idle == 800)
        for other in ["", "cpu1 1 2 3", "intr 1 2 3 4 5 6 7 8"] {
            #expect(ProcessorTimes(stat: other, of: [1]) == nil)
            #expect(Pressure.total(other) == nil)
        }
        #expect(ProcessorTimes(stat: text, of: [2]) == nil)
        #expect(ProcessorTimes(stat: text)?.total == 3000)
        #expect(HostReading.processors("\t0-2,8\n") == [0, 1, 2, 8] && HostReading.processors("x,3-1").isEmpty)
        #expect(Pressure.total("some avg10=12.34 avg60=1.00 avg300=0.50 total=123\nfull avg10=0.00 total=9\n") == 123)
    }

    /// What is the block's own is no disturbance, however much it is; what others take is one from a quarter of that on.
    @Test func othersAreToldFromOurs() {
        func words(own: Double, idle: Double) -> [String] {
            DisturbanceRule.words(
                HostStretch(from: Self.reading(0), to: Self.reading(10, idle: idle, own: own)))
        }
        #expect(words(own: 20, idle: 0).isEmpty)
        #expect(words(own: 4, idle: 15).isEmpty)
        // Three of ten seconds of one processor, where the block used less than one.
        #expect(words(own: 4, idle: 13) == ["other programs ran"])
        // The same beside a block that used one and a half.
        #expect(words(own: 15, idle: 2).isEmpty)
    }

    /// Each kind of disturbance has its word; what is below its limit has none.
    @Test func kinds() {
        func words(_ last: HostReading) -> [String] {
            DisturbanceRule.words(HostStretch(from: Self.reading(0, throttles: 7, limit: 3000), to: last), limit: 3000)
        }
        #expect(words(Self.reading(10, idle: 20, throttles: 7, limit: 3000)).isEmpty)
        #expect(words(Self.reading(10, idle: 18.96, stolen: 0.04, own: 1, throttles: 7, limit: 3000)) == [])
        #expect(
            words(Self.reading(10, idle: 18.5, stolen: 0.5, own: 1, throttles: 7, limit: 3000)) == [
                "a hypervisor took processor time"
            ])
        #expect(words(Self.reading(10, idle: 20, memory: 0.6, throttles: 7)) == ["memory was short"])
        #expect(words(Self.reading(10, idle: 20, io: 2.6, throttles: 7)) == ["processes waited for disks"])
        #expect(words(Self.reading(10, idle: 20, cpu: 9, throttles: 7)).isEmpty)
        #expect(
            words(Self.reading(10, idle: 20, throttles: 8)) == ["processors were slowed down for their heat"])
        #expect(
            words(Self.reading(10, idle: 20, throttles: 7, limit: 2400)) == ["the processors' frequency was limited"])
    }

    /// A block that is shorter than the kernel's ticks can tell is judged with those before it, and none further back than
    /// necessary.
    @Test func shortBlocksAreJudgedTogether() throws {
        let part = Experiment.Part(kind: "startup", workload: "exit", lanes: ["native"], blocks: 20)
        var watch = BlockWatch()
        var states: [BlockState] = []
        for block in 0..<20 {
            let start = Double(block) / 10
            // From the tenth on somebody else uses half a processor.
            func idle(_ at: Double) -> Double { 2 * at - max(0, at - 1) / 2 }
            watch.begin(Self.reading(start, idle: idle(start)))
            let state = watch.end(
                Self.reading(start + 0.1, idle: idle(start + 0.1)), foreign: 0, of: part, block: block, warmup: false)
            states.append(try #require(state))
        }
        #expect(states.map(\.milliseconds).allSatisfy { abs($0 - 100) < 0.01 })
        #expect(states[0].judgedMilliseconds < 101)
        #expect(states[8...].allSatisfy { (499...601).contains($0.judgedMilliseconds) })
        #expect(states[..<10].allSatisfy { !$0.isDisturbed })
        #expect(states[16...].allSatisfy { $0.disturbance == "other programs ran" })
    }

    /// Guests of a libvirt daemon are nobody's descendants, and no disturbance all the same.
    @Test func guestsOfADaemonAreOurs() throws {
        let part = Experiment.Part(kind: "startup", workload: "exit", lanes: ["vm"], blocks: 1)
        func state(_ foreign: UInt64) throws -> BlockState {
            var watch = BlockWatch()
            watch.begin(Self.reading(0))
            let state = watch.end(Self.reading(2, idle: 2.6), foreign: foreign, of: part, block: 0, warmup: false)
            return try #require(state)
        }
        #expect(try state(0).isDisturbed)
        #expect(try !state(1_400_000_000).isDisturbed)
    }

    /// This host answers; what this process burns is its own.
    @Test func thisHost() throws {
        let before = try #require(HostReading.now())
        let end = HostClock.now() + 300_000_000
        while HostClock.now() < end {}
        let stretch = HostStretch(from: before, to: try #require(HostReading.now()))
        #expect(stretch.seconds >= 0.3)
        #expect(stretch.own > 0)
        #expect(stretch.other >= 0 && stretch.stolen >= 0)
        #expect(before.processors >= 1)
    }
}
