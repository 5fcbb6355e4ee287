import Testing

/// Bad input gets a clear error on standard error and a non-zero exit status; nothing is measured.
@Suite struct BadInputTests {
    /// An unknown lane is a usage error that lists the lanes there are.
    @Test func unknownLane() throws {
        let place = try Place()
        let result = try IsolabProgram.run(["bench", "--lanes", "native,warp"] + place.options, in: place)
        #expect(result.status == 2)
        #expect(result.complaints.contains("unknown lane 'warp'"))
        #expect(result.complaints.contains("container-noseccomp"))
        #expect(place.read("run/manifest.json").isEmpty)
    }

    /// A run whose name no record can hold is refused before anything is measured.
    @Test func nameWithALineBreak() throws {
        let place = try Place()
        let result = try IsolabProgram.run(
            ["bench", "--lanes", "native", "--workloads", "startup", "--blocks", "1", "--exploratory"]
                + place.options + ["--output", "\(place.path)/n\nl"], in: place)
        #expect(result.status == 2)
        #expect(result.complaints.contains("may hold no control characters"))
        #expect(place.read("n\nl/manifest.json").isEmpty)
    }

    /// So are an unknown workload, an unknown option and an unknown command.
    @Test(arguments: [
        (["bench", "--workloads", "poetry"], "poetry"),
        (["bench", "--sideways"], "--sideways"),
        (["bench", "--blocks", "0"], "--blocks"),
        (["bench", "--quick", "--full"], "--full"),
        (["sing"], "sing"),
        (["report"], "run"),
    ])
    func unknownWords(arguments: [String], named: String) throws {
        let place = try Place()
        let result = try IsolabProgram.run(arguments, in: place)
        #expect(result.status == 2)
        #expect(result.complaints.contains(named))
    }

    /// A mistake in an experiment file is told with the file's name and the line.
    @Test(arguments: [
        ("experiments:\n  - kind: startup\n    lanes: [native\n", ":"),
        ("experiments:\n  - kind: startup\n    lanes: [native]\n    bloks: 3\n", ":4: "),
        ("experiments:\n  - kind: startup\n    lanes: [native]\n    blocks: many\n", ":4: "),
        ("experiments:\n  - kind: levitation\n    lanes: [native]\n", ":2: "),
        ("", ":1: "),
    ])
    func malformedExperiment(text: String, line: String) throws {
        let place = try Place()
        let file = try place.write(text, to: "experiment.yaml")
        let result = try IsolabProgram.run(["bench", file] + place.options, in: place)
        #expect(result.status == 2)
        #expect(result.complaints.contains("\(file)\(line)"))
    }

    /// What is not an image is refused by name before anything runs: a file, and a directory that is not there.
    @Test(arguments: ["/etc/passwd", "/nowhere/at/all"])
    func imageThatIsNone(path: String) throws {
        let place = try Place()
        let result = try IsolabProgram.run(
            ["bench", "--lanes", "native", "--blocks", "1", "--image", path] + place.options, in: place)
        #expect(result.status == 2)
        #expect(result.complaints.contains(path))
    }

    /// A directory that holds no run cannot be reported or compared; the message says what is missing.
    @Test func notARun() throws {
        let place = try Place()
        let report = try IsolabProgram.run(["report", place.path], in: place)
        #expect(report.status == 1)
        #expect(report.complaints.contains("manifest.json"))
        let comparison = try IsolabProgram.run(["compare", place.path, place.path], in: place)
        #expect(comparison.status == 1)
        #expect(comparison.complaints.contains("manifest.json"))
    }

    /// More than two runs without sides are only shown: what needs a comparison is refused before anything is read, as is a program
    /// that would be measured against an experiment file.
    @Test(arguments: [
        (["a", "b", "c", "--fail-on", "startup container > 5%"], "--fail-on"), (["--json", "a", "b", "c"], "--json"),
        (["--markdown", "a", "b", "c"], "--markdown"), (["a", "b", "c", "-o", "x.html"], "--output"),
        (["a", "b", "c", "--subject", "kernel"], "--subject"), (["a", "b", "--bench", "--fail-on", "x"], "--bench"),
        (["--ab", "x1.yaml", "./isolab"], "not one with the other"),
        (["--ab", "./isolab", "x1.yml"], "not one with the other"),
    ])
    func sideBySideTakesNoLimit(arguments: [String], named: String) throws {
        let place = try Place()
        let result = try IsolabProgram.run(["compare"] + arguments, in: place)
        #expect(result.status == 2, "\(result.complaints)")
        #expect(result.complaints.contains(named), "\(result.complaints)")
        #expect(result.output.isEmpty)
        #expect(!result.complaints.contains("manifest.json"))
    }

    /// `--version` and `--help` are no errors and go to standard output.
    @Test func versionAndHelp() throws {
        let place = try Place()
        let version = try IsolabProgram.run(["--version"], in: place)
        #expect(version.status == 0)
        #expect(version.output.split(separator: ".").count == 3)
        let help = try IsolabProgram.run(["--help"], in: place)
        #expect(help.status == 0)
        #expect(help.output.contains("bench"))
    }
}
