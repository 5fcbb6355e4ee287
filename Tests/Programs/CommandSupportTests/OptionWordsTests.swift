import ArgumentParser
import Testing

@testable import CommandSupport

/// The ways in which docker's and podman's users put options.
@Suite struct OptionWordsTests {
    /// A command of the kinds there are.
    struct Example: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "example")
        @Flag(name: .shortAndLong) var interactive = false
        @Flag(name: [.short, .customLong("tty")]) var terminal = false
        @Flag(name: .customLong("rm")) var removes = false
        @Option(name: [.customShort("e", allowingJoined: true), .long]) var env: [String] = []
        @Option(name: .shortAndLong) var user: String?
        @Option(name: [.customShort("n"), .customLong("last")], parsing: .unconditional) var last: Int?
        @Argument var image: String
        @Argument(parsing: .captureForPassthrough) var command: [String] = []
    }

    @Test(
        arguments: [
            (["-eA=1", "x"], ["--env=A=1", "x"]), (["-e=A=1", "x"], ["--env=A=1", "x"]),
            (["-e", "-it", "x"], ["-e", "-it", "x"]),
            (["-uroot", "x"], ["--user=root", "x"]), (["-n0", "x"], ["--last=0", "x"]),
            (["-n-1", "x"], ["--last=-1", "x"]),
            (["-it", "x"], ["-i", "-t", "x"]), (["-itu", "root", "x"], ["-i", "-t", "-u", "root", "x"]),
            (["-ituroot", "x"], ["-i", "-t", "--user=root", "x"]), (["-it=false", "x"], ["-i", "x"]),
            (["--rm=true", "x"], ["--rm", "x"]), (["--rm=false", "x"], ["x"]),
            (["--tty=1", "--rm=F", "x"], ["--tty", "x"]),
            (["--user", "--rm=true", "x"], ["--user", "--rm=true", "x"]),
            (["--user=true", "x"], ["--user=true", "x"]),
            // What follows the image is another program's.
            (["x", "-it", "--rm=false"], ["x", "-it", "--rm=false"]), (["--", "x", "-it"], ["--", "x", "-it"]),
            (["-i", "x", "-uroot"], ["-i", "x", "-uroot"]), (["-d", "x"], ["-d", "x"]),
            (["-dit", "x"], ["-d", "-i", "-t", "x"]), (["-d=false", "x"], ["-d=false", "x"]),
            // An empty value does not take the next word for one.
            (["--user=", "x", "echo"], ["--user", "", "x", "echo"]), (["-u=", "x"], ["--user", "", "x"]),
            (["-itu=", "x"], ["-i", "-t", "--user", "", "x"]),
            (["--env=", "--env=", "x"], ["--env", "", "--env", "", "x"]),
            (["x", "--user="], ["x", "--user="]), (["--user", "--env=", "x"], ["--user", "--env=", "x"]),
            // A number below zero is a value, not an option.
            (["--user", "-1", "x"], ["--user=-1", "x"]), (["-u", "-1", "x"], ["--user=-1", "x"]),
            (["-eA=é\u{301}", "x"], ["--env=A=é\u{301}", "x"]), (["-u\u{301}", "x"], ["--user=\u{301}", "x"]),
        ] as [([String], [String])])
    func expanded(words: [String], result: [String]) throws {
        #expect(try OptionWords(of: Example.self).expanded(words) == result)
    }

    @Test func refused() {
        #expect(throws: OptionWords.Fault(description: "--rm 'maybe': takes true or false")) {
            try OptionWords(of: Example.self).expanded(["--rm=maybe", "x"])
        }
    }

    /// What follows an option that takes all the rest is as it was.
    @Test func rest() throws {
        struct Example: ParsableCommand {
            @Flag(name: .shortAndLong) var quiet = false
            @Option(parsing: .remaining) var bench: [String] = []
        }
        let words = try OptionWords(of: Example.self).expanded(["-q=true", "--bench", "-qx", "--quiet=false"])
        #expect(words == ["-q", "--bench", "-qx", "--quiet=false"])
    }

    /// Nothing is looked up for a line that the parser understands as it is.
    @Test func plainLines() {
        #expect(!OptionWords.mayDiffer(["--rm", "-it", "-i", "--name=x", "busybox", "true", "-", "--env=A=b"]))
        for word in ["-itu", "-eA=1", "--rm=false", "--rm=1", "--name=", "-1"] {
            #expect(OptionWords.mayDiffer([word]), "\(word)")
        }
    }

    /// The option that there is not, wherever it stands before another program's words.
    @Test func unknown() {
        let words = OptionWords(of: Example.self)
        for known in [["-it", "--user", "-a", "x", "-a"], ["--rm=false", "-e-a"], ["--help"], ["--", "-a"]] {
            #expect(words.unknown(in: known) == nil, "\(known)")
        }
        #expect(words.unknown(in: ["-a"]) == "-a")
        #expect(words.unknown(in: ["-ia=1"]) == "-a")
        #expect(words.unknown(in: ["--user=1", "--all=1"]) == "--all")
    }

    /// An empty value arrives as one, and so does a negative number.
    @Test func emptyValues() throws {
        let words = ["--user=", "--env=", "-n", "-1", "x", "--user="]
        #expect(OptionWords.mayDiffer(words))
        let command = try Example.parse(OptionWords(of: Example.self).expanded(words))
        #expect(command.user?.isEmpty == true && command.env == [""] && command.last == -1)
        #expect(command.image == "x" && command.command == ["--user="])
    }

    /// What comes out is what the parser takes.
    @Test func parsed() throws {
        let words = try OptionWords(of: Example.self).expanded([
            "-tieA=1", "-n-1", "--rm=0", "-uroot", "x", "-c", "--rm=1",
        ])
        let command = try Example.parse(words)
        #expect(command.terminal && command.interactive && !command.removes)
        #expect(command.env == ["A=1"] && command.last == -1 && command.user == "root")
        #expect(command.image == "x" && command.command == ["-c", "--rm=1"])
    }
}
