import Testing

@testable import Machines

/// The stretches of a guest's life from the instants that were seen.
@Suite struct GuestTimelineTests {
    private static var whole: GuestTimeline {
        var timeline = GuestTimeline(launch: 0)
        (timeline.createCalled, timeline.spawned, timeline.connected, timeline.resumed) = (1, 2, 3, 5)
        (timeline.firstByte, timeline.lastLine, timeline.shutdown, timeline.reaped) = (10, 20, 30, 31)
        timeline.stopped = 40
        return timeline
    }

    /// Each begins where the one before ends.
    @Test func inOrder() {
        let phases = Self.whole.phases
        #expect(
            phases.map(\.name) == [
                "prepare channel", "define and spawn", "make devices", "query and resume", "firmware and kernel",
                "workload", "power off", "end of process", "let go, by a poll of 200 ms",
            ])
        #expect(zip(phases, phases.dropFirst()).allSatisfy { $0.end == $1.start })
        #expect(Self.whole.resumedBeforeSpeaking == 5)
    }

    /// A guest that had spoken when libvirt told that it runs: the instant says nothing, and no stretch ends in it.
    @Test func toldLate() {
        var timeline = Self.whole
        timeline.resumed = 12
        #expect(timeline.resumedBeforeSpeaking == nil)
        let phases = timeline.phases
        #expect(phases.map(\.name)[3...4] == ["query, resume and start", "workload"])
        #expect(zip(phases, phases.dropFirst()).allSatisfy { $0.end == $1.start })
    }
}
