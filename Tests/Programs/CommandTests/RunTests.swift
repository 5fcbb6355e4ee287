import Glibc
import Linux
import RunRecord
import RunRecordTestSupport
import TestSupport
import Testing

/// A bench from its command line to its report, and what luck does to it.
@Suite struct RunTests {
    /// A small bench leaves every file of a run; the report is derived again from the samples, byte for byte.
    @Test func benchAndReport() throws {
        let place = try Place()
        let bench = try IsolabProgram.run(
            ["bench", "--lanes", "native", "--workloads", "startup", "--blocks", "3", "--seed", "7"] + place.options,
            in: place)
        #expect(bench.status == 0, "\(bench.complaints)")
        for file in RunDirectory.File.allCases {
            #expect(!place.read("run/\(file.rawValue)").isEmpty, "\(file.rawValue) is missing")
        }
        #expect(bench.output.contains("native"))
        #expect(bench.output.contains("report.html"))
        #expect(bench.output.split(separator: "\n").allSatisfy { $0.count <= 80 || $0.contains("/") })
        let summary = place.read("run/summary.csv")
        let html = place.read("run/report.html")
        let again = try IsolabProgram.run(["report", "\(place.path)/run"], in: place)
        #expect(again.status == 0)
        #expect(place.read("run/summary.csv") == summary)
        #expect(place.read("run/report.html") == html)
    }

    /// A run is one value, however often it is named, by another path or as a copy; shown side by side it may be named again.
    @Test func aRunCountsOnce() throws {
        let place = try Place()
        let bench = try IsolabProgram.run(
            ["bench", "--lanes", "native", "--workloads", "startup", "--blocks", "5"] + place.options, in: place)
        #expect(bench.status == 0, "\(bench.complaints)")
        #expect(try IsolabProgram.shell("cp -r run copy", in: place).status == 0)
        for names in [
            ["run", "run"], ["run", "copy"], ["--force", "run", "./copy/../run"],
            ["--before", "run", "run", "--after", "copy", "copy"],
        ] {
            let refused = try IsolabProgram.run(["compare"] + names, in: place)
            #expect(refused.status == 1, "\(refused.complaints)")
            #expect(refused.complaints.contains("again, or a copy of it"), "\(refused.complaints)")
            #expect(refused.output.isEmpty)
        }
        let shown = try IsolabProgram.run(["compare", "run", "copy", "run"], in: place)
        #expect(shown.status == 0, "\(shown.complaints)")
        #expect(shown.output.contains("no verdicts"))
    }

    /// Two programs measured in turns, several runs each: JSON and Markdown, a limit that is kept, one that cannot be judged.
    @Test func compareInTurns() throws {
        let place = try Place()
        let program = "\(IsolabProgram.directory)/isolab"
        let arguments = [
            // Beside other tests blocks are disturbed, and would have no verdict.
            "compare", "--ab", program, program, "--force", "--runs", "2", "--output", "\(place.path)/ab", "--fail-on",
            // Two runs a side leave wide intervals: this limit is beyond any.
            "startup native > 1000000%",
        ]
        let bench = ["--bench", "--lanes", "native", "--workloads", "startup", "--blocks", "6", "--no-idle-gate"]
        let places = ["--state-directory", "\(place.path)/state", "--cache-directory", "\(place.path)/cache"]
        let json = try IsolabProgram.run(arguments + ["--json"] + bench + places, in: place)
        #expect(json.status == 0, "\(json.complaints)")
        #expect(json.output.contains("\"runs\""))
        let sides = ["A-1", "A-2", "B-1", "B-2"].map { "\(place.path)/ab/\($0)" }
        for side in sides { #expect(try Run.read(directory: side).run.samples.contains { $0.admitted }) }
        let again = try IsolabProgram.run(
            ["compare", "--markdown", "--before"] + sides.prefix(2) + ["--after"] + sides.suffix(2), in: place)
        #expect(again.status == 0, "\(again.complaints)")
        #expect(again.output.contains("| native |"))
        let single = try IsolabProgram.run(
            ["compare", sides[0], sides[2], "--fail-on", "startup native > 5%"], in: place)
        #expect(single.status == 1)
        #expect(single.output.contains("no verdict"))
        #expect(single.complaints.contains("cannot be judged: one run a side"))
        // A limit nobody could exceed, or that says nothing, is a mistake of the command's.
        for limit in ["startup native", "startup native > 5", "startup native < 5%", "startup native > 2 MiB", "> 5%"] {
            let refused = try IsolabProgram.run(["compare", sides[0], sides[2], "--fail-on", limit], in: place)
            #expect(refused.status == 2, "\(limit): \(refused.complaints)")
            #expect(refused.complaints.contains("METRIC LANE > NUMBER%"), "\(refused.complaints)")
        }
    }

    /// A change that is shown and greater than allowed ends in status 3, whichever way the comparison is printed; one that is
    /// smaller in 0.
    @Test func exceededLimitsEndInStatusThree() throws {
        let place = try Place()
        for run in 0..<8 {
            let isAfter = run >= 4
            var lanes = SyntheticRun.usualLanes
            if isAfter { lanes[1].startup *= 2 }
            let made = SyntheticRun(
                seed: 300 + UInt64(run), lanes: lanes, blocks: 12, memoryBlocks: 0, syscallBlocks: 0
            ).run()
            let writer = try RunWriter(directory: "\(place.path)/\(run)", manifest: made.manifest)
            try writer.append(made.samples)
            try writer.finish(made.manifest)
        }
        let sides = ["--before"] + (0..<4).map { "\($0)" } + ["--after"] + (4..<8).map { "\($0)" }
        for form in [[], ["--json"], ["--markdown"]] {
            func status(_ limits: String...) throws -> (Int32, String) {
                let result = try IsolabProgram.run(
                    ["compare"] + form + limits.flatMap { ["--fail-on", $0] } + sides, in: place)
                return (result.status, result.complaints)
            }
            let over = try status("startup container > 5%")
            #expect(over.0 == 3, "\(over.1)")
            #expect(over.1.contains("'startup container > 5%' is exceeded"), "\(over.1)")
            #expect(try status("startup container>5 %").0 == 3)
            #expect(try status("startup container > 300 us").0 == 3)
            #expect(try status("startup container > 400%").0 == 0)
            #expect(try status("startup native > 50%").0 == 0)
            // What is not shown to be less may be more.
            let open = try ["native", "vm", "oci:crun"].map { try status("startup \($0) > 0.01%") }
            #expect(open.contains { $0.0 == 1 && $0.1.contains("the change may be as much as") }, "\(open)")
            #expect(try status("startup nosuch > 5%").0 == 1)
            // What is exceeded is not hidden by what cannot be judged.
            #expect(try status("startup nosuch > 5%", "startup container > 5%").0 == 3)
        }
    }

    /// A record edited after the run is refused by its row, by report and by compare alike.
    @Test func editedRecordIsRefused() throws {
        let place = try Place()
        let bench = try IsolabProgram.run(
            ["bench", "--lanes", "native", "--workloads", "startup", "--blocks", "6"] + place.options, in: place)
        #expect(bench.status == 0, "\(bench.complaints)")
        let run = try Run.read(directory: "\(place.path)/run").run
        #expect(run.manifest.files?.count == 3)
        #expect(run.manifest.artefacts.contains { $0.name == "isolab" })
        #expect(run.manifest.margins == Margin.standard)
        let edit = try IsolabProgram.shell(#"sed -i '3s/,ms,0,[0-9.]*,/,ms,0,0.01,/' run/samples.csv"#, in: place)
        #expect(edit.status == 0)
        for arguments in [["report", "run"], ["compare", "run", "run"]] {
            let refused = try IsolabProgram.run(arguments, in: place)
            #expect(refused.status == 1)
            #expect(refused.complaints.contains("run/samples.csv:3: "), "\(refused.complaints)")
        }
    }

    /// A design that cannot decide anything is a mistake of the command's, and is taken when it is called exploratory.
    @Test func undecidableDesignIsRefused() throws {
        let place = try Place()
        let refused = try IsolabProgram.run(
            ["bench", "--lanes", "native,container,bwrap", "--workloads", "startup", "--blocks", "3"] + place.options,
            in: place)
        #expect(refused.status == 2)
        #expect(refused.complaints.contains("at least"))
    }

    /// Runs on hosts that differ in a decisive fact are refused by name, and compared only by force.
    @Test func compareRefusesAnotherHost() throws {
        let place = try Place()
        let bench = try IsolabProgram.run(
            ["bench", "--lanes", "native", "--workloads", "startup", "--blocks", "3"] + place.options, in: place)
        #expect(bench.status == 0, "\(bench.complaints)")
        // A run of its own, as another host would have written it: a changed one would be refused by its seal.
        let run = try Run.read(directory: "\(place.path)/run").run
        var manifest = run.manifest
        for section in manifest.host.indices {
            for fact in manifest.host[section].facts.indices {
                manifest.host[section].facts[fact].value = "another \(manifest.host[section].facts[fact].value)"
            }
        }
        let writer = try RunWriter(directory: "\(place.path)/other", manifest: manifest)
        // All samples of it would be the same run again.
        try writer.append(Array(run.samples.dropLast()))
        try writer.finish(manifest)
        let refused = try IsolabProgram.run(["compare", "run", "other"], in: place)
        #expect(refused.status == 1)
        #expect(refused.complaints.contains("--force"))
        let forced = try IsolabProgram.run(["compare", "--force", "run", "other"], in: place)
        #expect(forced.status == 0, "\(forced.complaints)")
    }

    /// Ctrl-C ends a run after the current sample with status 130; what was measured is reported.
    @Test func interruption() throws {
        let place = try Place()
        let process = try IsolabProgram.start(
            ["bench", "--lanes", "native", "--workloads", "startup", "--blocks", "100000"] + place.options, in: place)
        try waitForSamples(in: place, while: process)
        try process.kill(SIGINT)
        #expect(try process.wait(for: "isolab bench").shellStatus == 130)
        let run = try Run.read(directory: "\(place.path)/run").run
        #expect(run.manifest.interrupted)
        #expect(run.samples.contains { $0.admitted })
        #expect(!place.read("run/report.html").isEmpty)
    }

    /// After `kill -9` in the middle of a block the samples taken can be reported, and the next start releases every
    /// process, mount and cgroup.
    @Test(.enabled(if: IsolabProgram.isRoot, "containers of the lab need root"))
    func killedInTheMiddle() throws {
        let place = try Place()
        let process = try IsolabProgram.start(
            ["bench", "--lanes", "native,container", "--workloads", "startup,memory", "--blocks", "100000"]
                + place.options, in: place)
        try waitForSamples(in: place, while: process)
        try process.kill(SIGKILL)
        _ = try process.wait(for: "isolab bench")
        let clean = try IsolabProgram.run(
            ["doctor", "--clean", "--state-directory", "\(place.path)/state"], in: place)
        #expect(clean.status == 0, "\(clean.complaints)")
        #expect(Place.text("/proc/self/mountinfo").contains(place.path) == false)
        let processes = try IsolabProgram.shell(
            "grep -l \"$place\" /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null", in: place)
        // The shell itself carries the directory in its environment and is gone by now.
        let alive = processes.output.split(separator: "\n").filter { line in
            let pid = line.split(separator: "/").dropFirst().first.map(String.init) ?? ""
            return !Place.text("/proc/\(pid)/cmdline").isEmpty
        }
        #expect(alive.isEmpty)
        let cgroups = try IsolabProgram.shell("find /sys/fs/cgroup -type d -name '*\(process.pid)-*'", in: place)
        #expect(cgroups.output.isEmpty)
        let report = try IsolabProgram.run(["report", "\(place.path)/run"], in: place)
        #expect(report.status == 0, "\(report.complaints)")
        #expect(try Run.read(directory: "\(place.path)/run").run.samples.contains { $0.admitted })
    }

    /// A full disk ends the run with a clear error; the samples that fitted can be reported.
    @Test(.enabled(if: IsolabProgram.isRoot, "a small file system can only be mounted as root"))
    func fullDisk() throws {
        let place = try Place()
        let result = try IsolabProgram.shell(
            """
            mkdir disk kept && mount -t tmpfs -o size=96k none disk || exit 99
            "$isolab" bench --lanes native --workloads startup --blocks 100000 --no-idle-gate \
                --output disk/run --state-directory "$place/state" 2>complaints
            status=$?
            cp disk/run/manifest.json disk/run/samples.csv disk/run/events.jsonl kept/
            exit $status
            """, in: place, prefix: ["unshare", "--mount"])
        #expect(result.status == 1)
        #expect(place.read("complaints").contains("No space left on device"))
        let run = try Run.read(directory: "\(place.path)/kept").run
        #expect(run.samples.contains { $0.admitted })
    }

    /// An ordinary user gets the lanes that need no root, and a reason for each other.
    @Test(.enabled(if: IsolabProgram.isRoot, "only root can become another user"))
    func withoutRoot() throws {
        let place = try Place()
        let result = try IsolabProgram.shell(
            """
            cp "${isolab%/*}"/isolab "${isolab%/*}"/isolab-workload . && chown 65534:65534 .
            exec setpriv --reuid 65534 --regid 65534 --clear-groups ./isolab bench --lanes native,container \
                --workloads startup --blocks 2 --exploratory --no-idle-gate --output "$place/run" --state-directory "$place/state" \
                --cache-directory "$place/cache"
            """, in: place)
        #expect(result.status == 0, "\(result.complaints)")
        let run = try Run.read(directory: "\(place.path)/run").run
        #expect(run.samples.contains { $0.lane == "native" && $0.admitted })
        let container = try #require(run.manifest.lanes.first { $0.id == "container" })
        #expect(!container.available)
        #expect(container.reason.contains("root"))
    }

    /// Where none of the lanes asked for can run, the command fails and says why.
    @Test func noLaneLeft() throws {
        let place = try Place()
        let result = try IsolabProgram.run(
            ["bench", "--lanes", "vm", "--workloads", "startup", "--blocks", "1", "--connect", "nonsense:///none"]
                + place.options, in: place)
        #expect(result.status == 1)
        #expect(result.complaints.contains("vm"))
    }

    /// A workload that dies of a signal is rejected by that name, and the status says so; natively and in a container.
    @Test(arguments: IsolabProgram.isRoot ? ["native", "container"] : ["native"])
    func workloadCrashes(lane: String) throws {
        let place = try Place()
        let result = try IsolabProgram.run(
            ["launch", lane, "--state-directory", "\(place.path)/state", "--", "crash"], in: place)
        #expect(result.status == 1)
        #expect(result.complaints.contains("signal 4"), "\(result.complaints)")
    }

    /// A kernel that is none is a reason, not a hang.
    @Test func kernelThatIsNone() throws {
        let place = try Place()
        let result = try IsolabProgram.run(
            [
                "bench", "--lanes", "native,vm", "--workloads", "startup", "--blocks", "1", "--exploratory", "--kernel",
                "/etc/passwd",
            ] + place.options, in: place)
        #expect(result.status == 0, "\(result.complaints)")
        let run = try Run.read(directory: "\(place.path)/run").run
        let guest = try #require(run.manifest.lanes.first { $0.id == "vm" })
        #expect(!guest.available || run.samples.filter { $0.lane == "vm" }.allSatisfy { !$0.admitted })
        #expect(!guest.reason.isEmpty || run.samples.contains { $0.lane == "vm" && !$0.reason.isEmpty })
    }

    /// Waits until a run has samples on the disk.
    private func waitForSamples(in place: Place, while process: RunningProcess) throws {
        for _ in 0..<600 {
            if place.read("run/samples.csv").split(separator: "\n").count > 20 { return }
            if let exit = try process.poll() {
                throw SystemError("isolab", "ended with status \(exit.shellStatus)", errno: 0)
            }
            usleep(100_000)
        }
        throw SystemError("isolab", "no samples after a minute", errno: 0)
    }
}
