import Testing

@testable import Lab

/// The readers of the gate before a block.
@Suite struct HostActivityTests {
    /// Load, runnable tasks and pressure come from the fields that proc(5) and the PSI document name.
    @Test func readsLoadAndPressure() throws {
        let activity = try #require(
            HostActivity(
                loadAverage: "0.52 0.58 0.59 3/467 12345\n",
                cpu: "some avg10=12.34 avg60=1.00 avg300=0.50 total=123\nfull avg10=0.00 avg60=0 avg300=0 total=0\n",
                io: nil))
        #expect(activity.load == 0.52)
        #expect(activity.runnable == 3)
        #expect(activity.cpuPressure == 12.34)
        #expect(activity.ioPressure == nil)
        #expect(HostActivity(loadAverage: "", cpu: nil, io: nil) == nil)
    }

    /// Busy and stolen shares are of the time between two readings; I/O wait is idle, guest time is not counted twice.
    @Test func sharesBetweenReadings() throws {
        let earlier = try #require(CPUTimes(stat: "cpu  100 0 100 800 0 0 0 0 50 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n"))
        let later = try #require(CPUTimes(stat: "cpu  130 0 110 840 10 0 0 10 60 0\n"))
        #expect(earlier.total == 1000)
        let idleness = HostIdleness(from: earlier, to: later)
        #expect(idleness.busy == 0.5)
        #expect(idleness.stolen == 0.1)
        #expect(HostIdleness(from: later, to: later) == HostIdleness(from: earlier, to: earlier))
    }

    /// Texts of another shape are refused, not guessed at.
    @Test(arguments: ["", "cpu0 1 2 3 4 5 6 7 8", "cpu 1 2 3", "intr 1 2 3 4 5 6 7 8"])
    func refusesOtherTexts(text: String) {
        #expect(CPUTimes(stat: text) == nil)
        #expect(HostActivity.pressure(text) == nil)
    }

    /// This host answers.
    @Test func thisHost() throws {
        let activity = try #require(HostActivity.now())
        #expect(activity.runnable >= 1)
        let reading = try #require(HostIdleness.Reading.now())
        #expect((0...1).contains(reading.activity(until: try #require(.now())).busy))
    }

    /// The gate opens on a quiet host and says which kind of noise there was otherwise.
    @Test func gateNamesTheNoise() {
        let start = CPUTimes(total: 0, idle: 0, steal: 0)
        let quiet = HostIdleness(from: start, to: CPUTimes(total: 100, idle: 80, steal: 1))
        let busy = HostIdleness(from: start, to: CPUTimes(total: 100, idle: 50, steal: 0))
        let stolen = HostIdleness(from: start, to: CPUTimes(total: 100, idle: 50, steal: 10))
        #expect(HostGate.warning(quiet) == nil)
        #expect(HostGate.warning(busy)?.contains("other programs") == true)
        #expect(HostGate.warning(stolen)?.contains("hypervisor") == true)
    }
}
