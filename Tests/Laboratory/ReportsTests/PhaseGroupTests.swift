import RunRecord
import Testing

@testable import Reports

@Suite struct PhaseGroupTests {
    /// A launcher's few long phases and a child's hundred short ones, as a container has them.
    static let steps: [PhaseGroup.Step] = {
        var names = [("launcher", "plan", 200.0), ("launcher", "clone3", 700)]
        names.append(("child", "sethostname", 2))
        names += ["null", "zero", "full", "tty"].flatMap {
            [("child", "mknod /dev/\($0)", 5.0), ("child", "chown /dev/\($0)", 3.0)]
        }
        names.append(("child", "mount overlay on /run/merged", 100))
        names += (0..<30).map { ("child", "mask /proc/\($0)", 4.0) }
        names += (0..<30).map { ("child", "mask /sys/\($0)", 4.0) }
        names.append(("child", "execve", 100))
        var at = 0.0
        return names.map { actor, name, length in
            defer { at += length }
            return PhaseGroup.Step(name: name, actor: actor, start: at, end: at + length)
        }
    }()
    static let ready = 1_500.0

    /// Every step is in exactly one row, in order; no row spans two actors; long phases keep rows of their own.
    @Test func foldsOnlySlivers() {
        let rows = PhaseGroup.fold(Self.steps, ready: Self.ready)
        #expect(rows.flatMap { Array($0.members) } == Array(Self.steps.indices))
        #expect(rows.count <= PhaseGroup.limit)
        for row in rows {
            let own = Self.steps[row.members]
            #expect(own.allSatisfy { $0.actor == row.actor })
            #expect(own.count == 1 || own.allSatisfy { $0.end - $0.start < Self.ready * 0.02 })
            #expect(row.start == own.first?.start && row.end == own.last?.end)
        }
        for name in ["plan", "clone3", "mount overlay on /run/merged", "execve"] {
            #expect(rows.contains { $0.name == name })
        }
    }

    /// A row says where its steps work, how many they are and what they do.
    @Test func namesRowsByPlaceAndVerb() {
        let names = PhaseGroup.fold(Self.steps, ready: Self.ready).map(\.name)
        #expect(names.contains("/dev, 8 steps: mknod, chown"))
        #expect(names.contains("/proc, 30 steps: mask"))
        #expect(names.contains("/sys, 30 steps: mask"))
    }

    /// A chart that is short enough, and one asked for every step, is left as it is.
    @Test func leavesShortChartsAlone() {
        let few = Array(Self.steps.prefix(PhaseGroup.limit))
        #expect(PhaseGroup.fold(few, ready: Self.ready).map(\.name) == few.map(\.name))
        #expect(PhaseGroup.fold(Self.steps, ready: Self.ready, everyStep: true).count == Self.steps.count)
        #expect(PhaseGroup.fold([], ready: 0).isEmpty)
    }

    /// Slivers apart in time are not drawn as one bar over the wait between them.
    @Test func doesNotBridgeAWait() {
        var steps = Self.steps
        let late = steps.indices.dropFirst(30).dropFirst(10)
        for index in late {
            steps[index].start += 400
            steps[index].end += 400
        }
        for row in PhaseGroup.fold(steps, ready: Self.ready) where row.members.contains(39) {
            #expect(!row.members.contains(40))
        }
    }
}
