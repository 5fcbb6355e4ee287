import Linux
import OCI
import Testing

@testable import Containers

/// What a plan's reader learns of each step (`ChildStep.purpose`).
@Suite struct PurposeTests {
    /// One sentence a step, whatever the step: it begins with a capital letter, ends once, and fits three lines of a terminal.
    @Test func oneSentence() throws {
        let configuration = RuntimeConfiguration.docker(
            arguments: ["sh"], hostname: "h", memory: 1 << 20, processors: 0.5, processCount: 9, seccomp: nil)
        let plan = try LaunchPlan(configuration, root: .overlay(lower: ["/a", "/b"]), host: PlanTests.modern)
        let others: [ChildStep] = [
            .joinCgroups, .awaitLauncher(.identityMaps), .succeed(pass: 0), .handOver, .awaitPublication, .awaitStart,
            .showProcesses(of: .process(7)), .joinNamespace(.file("/n"), .network), .moveRoot(path: "/m"),
            .seccompWithListener(instructions: [], flags: 0), .takeTerminal, .ownStreams(5), .tryDirectory(path: "/w"),
            .systemCall(name: "ioprio_set", number: 0, operands: [], memory: nil, place: 0),
        ]
        #expect(plan.steps.count > 20)
        for step in plan.steps + others {
            let purpose = step.purpose
            #expect(purpose.first?.isUppercase == true && purpose.hasSuffix("."), "\(step.name): \(purpose)")
            #expect(!purpose.dropLast().contains(". ") && purpose.utf8.count <= 240, "\(step.name): \(purpose)")
        }
    }

    /// Whoever reads a plan is told what of it belongs to this container.
    @Test func ofThisContainer() {
        #expect(ChildStep.setHostName("web").purpose.contains("web"))
        #expect(ChildStep.unshare([.pid, .mount]).purpose.contains("mnt,pid"))
    }
}
