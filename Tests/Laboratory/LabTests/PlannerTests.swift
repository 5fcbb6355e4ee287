import OCI
import RunRecord
import RunRecordTestSupport
import Statistics
import Testing

@testable import Lab

@Suite struct PlannerTests {
    private static func startup(_ lanes: [String], blocks: Int) -> String {
        let list = lanes.map { "\"\($0)\"" }.joined(separator: ", ")
        return "experiments:\n  - {kind: startup, lanes: [\(list)], blocks: \(blocks)}\n"
    }

    /// A design whose blocks can decide nothing is refused with the least that could; said to be exploratory it is taken.
    @Test func undecidableDesignsAreRefused() throws {
        let lanes = ["native", "container", "vm", "vm-q35", "vm-plain", "oci:crun", "bwrap"]
        let error = #expect(throws: LabError.self) {
            try ExperimentFile.parse(Self.startup(lanes, blocks: 5), path: "x.yaml", seed: 1)
        }
        let words = try #require(error).description
        #expect(words.contains("can ever be decided"))
        #expect(words.contains("at least 9"))
        #expect(try #require(error).isUsage)
        #expect(throws: Never.self) {
            try ExperimentFile.parse(Self.startup(lanes, blocks: 10), path: "x.yaml", seed: 1)
        }
        let taken = try ExperimentFile.parse(
            "exploratory: true\n" + Self.startup(lanes, blocks: 5), path: "x.yaml", seed: 1)
        #expect(taken.exploratory)
        #expect(try ExperimentFile.parse(ExperimentFile.text(taken), path: "", seed: 1) == taken)
        // Nothing is compared of one lane: any number of blocks will do.
        #expect(throws: Never.self) {
            try ExperimentFile.parse(Self.startup(["native"], blocks: 1), path: "x.yaml", seed: 1)
        }
    }

    /// The least n of a family is where its least probability passes Holm's strictest step.
    @Test func leastBlocksPassHolm() throws {
        for preset in Preset.allCases {
            let experiment = Experiment.preset(preset, seed: 1)
            for part in experiment.parts {
                let least = experiment.leastBlocks(of: part)
                let family = experiment.parts.filter { $0.kind == part.kind }
                    .reduce(0) { $0 + experiment.comparisons(of: $1) }
                #expect(Shift.resolution(least) * Double(family) <= 0.05)
                #expect(
                    part.blocks(of: .guest) >= least, "\(preset), \(part.kind): \(part.blocks(of: .guest)), \(least)")
            }
        }
    }

    /// The quick preset's system calls are decided where a sample scatters by as much as the margin: with 8 blocks 38 of 42 were not.
    @Test func quickDecidesSystemCalls() throws {
        let experiment = Experiment.preset(.quick, seed: 1)
        let part = try #require(experiment.parts.first { $0.kind == "syscalls" })
        let blocks = part.blocks(of: .container)
        // The standard error of a shift between two lanes of so many values each.
        let needed = try #require(
            Power.blocks(
                for: 1, error: (2 / Double(blocks)).squareRoot(), blocks: blocks,
                level: 0.05 / Double(experiment.comparisons(of: part))))
        #expect(blocks >= needed, "\(needed)")
        #expect(part.blocks(of: .guest) <= 16)
    }

    /// A pilot of a noisy host asks for more blocks than one of a quiet host, and neither for fewer than could decide anything.
    @Test func pilotsPlanBlocks() throws {
        func planned(_ spread: Double) throws -> Experiment {
            var lanes = Array(SyntheticRun.usualLanes.prefix(3))
            for index in lanes.indices {
                lanes[index].spread = spread
                lanes[index].startup = 3
            }
            var run = SyntheticRun(seed: 4, lanes: lanes, blocks: 20, memoryBlocks: 0, syscallBlocks: 0).run()
            run.manifest.margins = Margin.standard
            for index in run.samples.indices { run.samples[index].workload = "exit (hot)" }
            let experiment = try ExperimentFile.parse(
                Self.startup(["native", "container", "container-noseccomp"], blocks: 20), path: "", seed: 1)
            return experiment.planned(from: Summarizer.summarize(run), limit: 5_000)
        }
        let (quiet, loud) = (try planned(0.02).parts[0].blocks, try planned(0.3).parts[0].blocks)
        #expect(quiet >= 7)
        #expect(loud > 3 * quiet, "\(quiet), \(loud)")
    }
}

@Suite struct IsolationPhraseTests {
    /// What a lane is said to isolate is what its configuration asks for: each protection is named where it is set, and only there.
    @Test func phrasesAreRead() {
        let plain = ContainerConfiguration.isolation()
        #expect(plain.contains("seccomp (Docker's profile)"))
        #expect(plain.contains("14 capabilities"))
        #expect(plain.contains("cgroup limits"))
        #expect(plain.contains("cgroup, ipc, mount, network, pid and uts namespaces"), "\(plain)")
        #expect(!ContainerConfiguration.isolation(.init(seccomp: false)).contains { $0.hasPrefix("seccomp") })
        #expect(ContainerConfiguration.isolation(.init(userNamespace: true)).first == "user namespace")
        #expect(ContainerConfiguration.isolation(.init(rootReadOnly: true)).contains("read-only root"))
        var configuration = ContainerConfiguration.make(
            .init(), arguments: ["/x"], rootPath: "/", cgroupPath: nil)
        let claimed = IsolationPhrases.of(configuration).contains("no new privileges")
        #expect(claimed == (configuration.process?.noNewPrivileges == true))
        configuration.process?.noNewPrivileges = true
        #expect(IsolationPhrases.of(configuration).contains("no new privileges"))
        configuration.process?.noNewPrivileges = false
        #expect(!IsolationPhrases.of(configuration).contains("no new privileges"))
    }

    /// Every container lane of the catalogue claims what a configuration gives, none a constant.
    @Test func catalogueClaimsNothingElse() {
        for entry in LaneCatalogue.entries where entry.kind == .container || entry.id.hasPrefix("oci:c") {
            let choices: [ContainerConfiguration.Choice] = [
                .init(), .init(seccomp: false), .init(userNamespace: true), .init(rootReadOnly: true),
            ]
            #expect(choices.contains { ContainerConfiguration.isolation($0) == entry.isolation }, "\(entry.id)")
        }
    }
}
