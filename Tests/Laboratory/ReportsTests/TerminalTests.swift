import RunRecord
import Testing

@testable import Reports

@Suite struct TerminalTests {
    static let hostile = "\u{1B}]0;title\u{7}\u{1B}[31mred 容器容器容器容器"
    static let long = String(repeating: "a-name-without-end-", count: 8)

    private static func widest(_ text: String) -> Int {
        text.split(separator: "\n").map { TerminalText.columns(String($0)) }.max() ?? 0
    }

    /// Details wrap under themselves inside the width; a name too long has its own line; a remedy stays whole where it fits. Nothing is
    /// cut, and a program that reads it has a line a row.
    @Test(arguments: [40, 60, 80]) func listingKeepsItsWidth(width: Int) {
        let remedy = "apt-get install qemu-system-x86 libvirt-daemon-driver-qemu busybox-static libseccomp2 runsc crun"
        let fitting = "apt-get install runsc"
        let detail = String(repeating: "there is much to say of this ", count: 9) + Self.long
        let rows: [TerminalListing.Row] = [
            .init(.works, "cgroups", detail), .init(.limited, Self.long, "short"),
            .init(.missing, Self.hostile, Self.hostile, remedy: remedy),
            .init(.missing, "runsc", Self.long, remedy: fitting),
        ]
        let text = TerminalListing.render(rows, width: width)
        let lines = text.split(separator: "\n").map(String.init)
        let wrapped = lines.filter { !$0.hasPrefix("~") && !$0.hasPrefix("a-name") }
        #expect(Self.widest(wrapped.joined(separator: "\n")) <= width)
        #expect(lines.count { $0.contains(fitting) } == 1)
        let solid = text.filter { !$0.isWhitespace }
        #expect(solid.contains(Self.long + "→" + fitting.filter { $0 != " " }))
        #expect(solid.contains("→" + remedy.filter { $0 != " " }) && !text.contains("…"))
        let whole = TerminalListing.render(rows, width: nil).split(separator: "\n")
        #expect(whole.count { $0.contains(detail) } == 1 && whole.count { $0.hasSuffix("→ " + remedy) } == 1)
        #expect(lines.count > rows.count + 2)
        #expect(lines[1].hasPrefix(String(repeating: " ", count: 28)))
        #expect(!text.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{7}" })
    }

    /// A sample with hostile and endless names stays inside the width and drives nothing.
    @Test(arguments: [60, 80, 120]) func waterfallKeepsItsWidth(width: Int) {
        var sample = Self.sample
        sample.phases[0].name = Self.hostile
        sample.phases[1].actor = Self.long
        sample.events.append(Event(Self.long, 5_000))
        for everyStep in [false, true] {
            let text = TerminalWaterfall.render(sample, width: width, everyStep: everyStep)
            #expect(Self.widest(text) <= width)
            #expect(!text.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{7}" })
        }
    }

    /// By default slivers share a line and the reader is told of it; asked for, every step has its own.
    @Test func waterfallFoldsSlivers() {
        let folded = TerminalWaterfall.render(Self.sample)
        #expect(folded.contains("child: /dev, 40 steps: mknod"))
        #expect(folded.contains("42 steps; those under"))
        #expect(!folded.contains("mknod /dev/7"))
        let whole = TerminalWaterfall.render(Self.sample, everyStep: true)
        for phase in Self.sample.phases { #expect(whole.contains("\(phase.actor): \(phase.name)")) }
        #expect(!whole.contains("share a line"))
    }

    /// A sample that never got anywhere still renders, and says nothing it does not know.
    @Test func waterfallOfNothing() {
        var sample = Self.sample
        sample.phases = []
        sample.events = [Event(EventName.launch, 0)]
        #expect(TerminalWaterfall.render(sample).split(separator: "\n").count == 1)
        sample.events = []
        #expect(TerminalWaterfall.render(sample).isEmpty)
    }

    /// What KVM counted stands beside the phase it was counted in.
    @Test func exits() {
        var sample = Self.sample
        sample.phases = [
            Phase("firmware and kernel", actor: "guest kernel", start: 0, end: 1_000_000, exits: 40_248),
            Phase("workload", actor: "workload", start: 1_000_000, end: 2_000_000),
        ]
        let lines = TerminalWaterfall.render(sample).split(separator: "\n")
        #expect(lines.contains { $0.contains("firmware and kernel, 40248 exits") })
        #expect(lines.contains { $0.contains("workload: workload ") })
    }

    /// Events stand in the order of time, whoever told them first.
    @Test func eventsInOrder() {
        var sample = Self.sample
        sample.events = [Event(EventName.launch, 0), Event("resumed", 900), Event(EventName.ready, 500)]
        let lines = TerminalWaterfall.render(sample).split(separator: "\n").suffix(3)
        #expect(lines.map { String($0.prefix { $0 != " " }) } == [EventName.launch, EventName.ready, "resumed"])
    }

    static let sample: Sample = {
        var sample = Sample(
            id: 0, experiment: "startup", block: 0, order: 0, lane: "container", workload: "exit", admitted: true)
        var at: Int64 = 0
        func phase(_ name: String, _ actor: String, _ length: Int64) {
            sample.phases.append(Phase(name, actor: actor, start: at, end: at + length))
            at += length
        }
        phase("clone3", "launcher", 1_000_000)
        for index in 0..<40 { phase("mknod /dev/\(index)", "child", 5_000) }
        phase("execve", "child", 300_000)
        sample.events = [
            Event(EventName.launch, 0), Event(EventName.ready, at), Event(EventName.exit, at + 400_000),
        ]
        return sample
    }()
}
