import Glibc
import RunRecord
import Statistics
import Testing

@testable import Lab

/// How long is left, as the line of progress says it, against schedules whose every duration is known.
@Suite struct TimeLeftTests {
    /// What a simulated host takes, seconds.
    struct Host: Sendable {
        var launch: [LaneKind: Double]
        /// An instance beside others against one alone.
        var crowd = 1.0
        /// A batch of every call natively, and in a guest.
        var batch = 0.006
        var guestBatch = 0.024
        /// The wait for an idle host before a block.
        var gate = 0.06
        /// Standard deviation of every duration's logarithm.
        var noise = 0.2
    }

    static let hosts = [
        // As the laboratory's own machine: guests are emulated.
        Host(launch: [.native: 0.003, .container: 0.006, .peer: 0.025, .guest: 1.4, .microGuest: 0.3]),
        // Hardware virtualisation, faster processes.
        Host(
            launch: [.native: 0.001, .container: 0.003, .peer: 0.012, .guest: 0.35, .microGuest: 0.08], batch: 0.004,
            guestBatch: 0.006),
        // Busy: every wait for idleness is in vain, and everything takes twice as long.
        Host(
            launch: [.native: 0.008, .container: 0.015, .peer: 0.06, .guest: 3.2, .microGuest: 0.7], crowd: 1.2,
            batch: 0.011, guestBatch: 0.05, gate: 0.72, noise: 0.2),
    ]

    /// From the first quarter of the time on what is said to be left is true within a quarter, or a fiftieth of the whole, in the
    /// quick experiment whole and of some lanes.
    @Test(
        arguments: hosts.indices, [[], ["native", "container", "oci:crun", "vm"], ["native", "container", "bwrap"]])
    func timeLeftIsTrue(host: Int, lanes: [String]) {
        var experiment = Experiment.preset(.quick, seed: 5)
        if !lanes.isEmpty {
            for index in experiment.parts.indices {
                experiment.parts[index].lanes.removeAll { !lanes.contains($0) }
            }
        }
        let told = Self.simulate(experiment, Self.hosts[host])
        let whole = told.last?.elapsed ?? 0
        #expect(whole > 5)
        for moment in told where moment.elapsed >= whole / 4 {
            let truth = whole - moment.elapsed
            // It is printed in whole seconds; and what the last few samples take nobody can know.
            #expect(abs(moment.left - truth) <= max(truth / 4, whole / 50, 1), "after \(moment.elapsed) of \(whole) s")
        }
    }

    /// Each lane goes by its own pace, as timed, the sooner the more was timed; a part that has not begun by what others taught.
    @Test func lanesHaveTheirOwnPace() {
        var left = TimeLeft(launch: ["vm": 2, "native": 0.5])
        for lane in ["vm", "vm", "native", "native"] { left.plan(part: 0, lane: lane) }
        left.plan(part: 1, lane: "vm", TimeLeft.Work(rest: 1, launches: 3))
        #expect(left.secondsLeft == 5 + 7)
        left.took(5, part: 0, lane: "vm")
        left.took(0.2, part: 0, lane: "native")
        // The guess counts for two samples beside the first; what was timed counts alone elsewhere.
        #expect(abs(left.secondsLeft - (3 + 0.4 + 1 + 3 * 5)) < 1e-9)
        left.took(16, part: 1, lane: "vm")
        left.took(3, part: 0, lane: "vm")
        #expect(abs(left.secondsLeft - 0.4) < 1e-9)
    }

    /// What a block takes besides its samples counts, too: the wait apart from the looks at its lanes.
    @Test func blocksCount() {
        var left = TimeLeft(launch: ["native": 0.5, "container": 1])
        for part in 0..<2 {
            left.plan(part: part, lane: "native")
            left.planBlock(part: part, lanes: part == 0 ? ["native"] : ["native", "container"])
        }
        #expect(abs(left.secondsLeft - (0.5 + 0.5 + TimeLeft.gate + 0.5 + 1.5 + TimeLeft.gate)) < 1e-9)
        left.took(0.5, part: 0, lane: "native")
        left.tookBlock(1.25, part: 0)
        #expect(abs(left.secondsLeft - (0.5 + 0.75 + 1.5)) < 1e-9)
    }

    /// After each sample: the true time since the beginning, and what was said to be left.
    private static func simulate(_ experiment: Experiment, _ host: Host) -> [(elapsed: Double, left: Double)] {
        let kinds = Dictionary(uniqueKeysWithValues: LaneCatalogue.entries.map { ($0.id, $0.kind) })
        var generator = SeededGenerator(seed: 99)
        func noisy(_ seconds: Double, of count: Int = 1) -> Double {
            // What many things take together scatters less than what one does.
            seconds * exp(host.noise / Double(count).squareRoot() * generator.normal())
        }
        let plans = experiment.parts.enumerated().map { place, part in
            var counts: [String: Int] = [:]
            for lane in part.lanes where kinds[lane]?.isGuest == true { counts[lane] = part.blocks(of: .guest) }
            return BlockPlan(
                lanes: part.lanes, blocks: part.blocks, warmups: part.warmups, baseline: "native",
                seed: UInt64(place), counts: counts)
        }
        var left = TimeLeft(of: LaneCatalogue.entries)
        for (place, plan) in plans.enumerated() {
            left.expect(plan, of: experiment.parts[place], place: place, kinds: kinds)
        }
        var elapsed = 0.0
        var told: [(elapsed: Double, left: Double)] = []
        for (place, part) in experiment.parts.enumerated() {
            for block in plans[place].blocks {
                let looked = Set(block.slots.map(\.lane)).compactMap { kinds[$0] }.filter { !$0.isGuest }
                let besides = host.gate + looked.reduce(0) { $0 + noisy(host.launch[$1] ?? 0) * 1.3 }
                elapsed += besides
                for slot in block.slots {
                    guard let kind = kinds[slot.lane], let launch = host.launch[kind] else { continue }
                    let seconds =
                        switch part.kind {
                        case "memory":
                            noisy(
                                Double(part.instances(of: kind)) * launch * host.crowd, of: part.instances(of: kind))
                                + Double(MemoryLedger.stops(part.instances(of: kind)).count * part.settleMilliseconds)
                                / 1e3
                        case "syscalls":
                            noisy(launch + Double(part.batches) * (kind.isGuest ? host.guestBatch : host.batch))
                        // Every measured start follows one that is not.
                        case "harness": noisy(2 * launch, of: 2)
                        default: noisy(launch) + Double(part.idleMilliseconds) / 1e3
                        }
                    elapsed += seconds
                    left.took(seconds, part: place, lane: slot.lane)
                    told.append((elapsed, left.secondsLeft))
                }
                left.tookBlock(besides, part: place)
            }
        }
        return told
    }
}
