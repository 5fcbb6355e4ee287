import TestSupport
import Testing

/// `isolab build`: where a context may come from, and what is said of one that is none.
@Suite(.enabled(if: EnginePlace.canRun, "\(EnginePlace.reason)"))
struct BuildCommandTests {
    /// From standard input: a Containerfile alone, an archive of the context in any compression, and a Containerfile named in it.
    @Test func standardInput() throws {
        let result = try EnginePlace.shell(
            """
            mkdir -p c/sub; echo x > c/x; echo 'FROM busybox\nCOPY x /made' > c/Containerfile
            echo 'FROM busybox\nCOPY sub /other/' > c/sub/Dockerfile
            build() { "$isolab" build -q "$@"; }
            list() { "$isolab" run --rm "$1" ls "$2"; }
            list $(echo 'FROM busybox\nRUN touch /alone' | build -) /alone
            for how in f zf Jf; do list $(tar -C c -c$how - . | build -) /made; done
            list $(tar -C c -cf - . | build -f sub/Dockerfile -) /other
            list $(build -f sub/Dockerfile c) /other; cd c; list $(build -f Containerfile) /made
            echo 'FROM busybox\nCOPY x /piped' > ../piped; list $(build -f - . < ../piped) /piped
            ls "$ISOLAB_DATA/images/builds" | grep -vc '^caches*$'
            """)
        #expect(
            result.output.split(separator: "\n") == [
                "/alone", "/made", "/made", "/made", "Dockerfile", "Dockerfile", "/made", "/piped", "0",
            ], "\(result.output)\(result.complaints)")
    }

    /// What is shown is what is written, with its flags and quotation marks; build arguments that nothing declares are told in
    /// BuildKit's words, and what RUN is shown of the context can be read alone.
    @Test func shown() throws {
        let result = try EnginePlace.shell(
            """
            mkdir c; echo x > c/x; printf 'FROM busybox\\nLABEL a="b c"\\nRUN --mount=type=bind,target=/c cat /c/x && ! touch /c/y\\n' > c/Containerfile
            "$isolab" build -t shown-$$ --build-arg NOPE=1 --build-arg ALSO=2 c | grep -v '^-->\\|^sha256'
            "$isolab" history shown-$$ --format '{{.CreatedBy}}' | sed -n '2p'
            """)
        #expect(
            result.output == """
                STEP 1/3: FROM busybox
                STEP 2/3: LABEL a="b c"
                STEP 3/3: RUN --mount=type=bind,target=/c cat /c/x && ! touch /c/y
                x
                LABEL a="b c"

                """, "\(result.output)\(result.complaints)")
        #expect(
            result.complaints.contains("[Warning] One or more build-args [ALSO NOPE] were not consumed\n"),
            "\(result.complaints)")
    }

    /// A script finds what was made by its identifier.
    @Test func identifierFile() throws {
        let result = try EnginePlace.shell(
            """
            echo 'FROM busybox\nLABEL a=b' > f; "$isolab" image build -q -f f --iidfile id . > said
            test "$(cat said)" = "$(cat id)" && "$isolab" inspect "$(cat id)" --format '{{.Config.Labels.a}}'
            """)
        #expect(result.output == "b\n", "\(result.complaints)")
    }

    /// What is wrong is told in one line that names it, with the status of whose mistake it was.
    @Test(
        arguments: [
            ("build none", 1, "none: cannot be the build context: No such file"),
            ("build file", 1, "file: is not a directory"),
            ("build -f none .", 1, "none: there is no such Containerfile"),
            ("build empty", 1, "neither a Containerfile nor a Dockerfile"), ("build -", 1, "standard input: is empty"),
            ("build - < binary", 1, "standard input: is neither"),
            ("build -f x - < file", 1, "standard input: is not an archive"),
            ("build --memory lots .", 2, "--memory 'lots'"),
            ("build --platform x .", 2, "--platform 'x': takes os/architecture"),
            ("build --compression x .", 2, "--compression 'x': takes"), ("build -t Upper .", 1, "lower case"),
            ("build -f file --target x .", 1, "no stage 'x'"),
            ("build --pull=never -f missing .", 1, "run `isolab pull none-such`, or build without --pull=never"),
            ("build --plan -f missing .", 1, "run `isolab pull none-such` first: --plan pulls nothing"),
            ("build --plan -f missing .", 1, "there is no image 'none-such' here"),
            ("build --pull=sometimes .", 2, "--pull 'sometimes'"),
            ("build --no-cahce .", 2, "unknown option --no-cahce; did you mean --no-cache?"),
            ("build -f program .", 1, "program:2: RUN: nosuch: there is no such program in the PATH of the image"),
            ("build --build-arg =x .", 2, "--build-arg '=x': has no name"),
            ("build --label =x .", 2, "--label '=x': has no name"),
            ("biuld", 2, "there is no command 'biuld'; did you mean 'build'?"),
            ("image biuld", 2, "`isolab image --help`"),
        ] as [(String, Int32, String)])
    func mistakes(arguments: String, status: Int32, words: String) throws {
        let result = try EnginePlace.shell(
            """
            mkdir empty; printf 'FROM busybox\\nRUN ["nosuch"]\\n' > program; echo 'FROM busybox' > file; echo 'FROM none-such' > missing; head -c 5000000 /dev/zero > binary
            "$isolab" \(arguments)
            """)
        #expect(result.status == status)
        #expect(result.complaints.contains(words), "\(result.complaints)")
        #expect(result.complaints.split(separator: "\n").count == 1, "\(result.complaints)")
    }

    /// With --quiet, what a command said is told where it failed, and only there.
    @Test func quietFailure() throws {
        let result = try EnginePlace.shell(
            """
            printf 'FROM busybox\\nRUN echo fine\\nRUN echo out; echo why >&2; exit 3\\n' | "$isolab" build -q -
            """)
        #expect(result.status == 1 && result.output.isEmpty)
        let lines = result.complaints.split(separator: "\n")
        #expect(lines.prefix(2) == ["out", "why"] && lines.count == 3, "\(result.complaints)")
    }

    /// CVE-2019-5736: whatever starts containers runs from a read-only mount of its own file, which nothing in them can write to
    /// even when it is no longer busy. The negative control is an ordinary program.
    @Test(
        arguments: [
            "build -q --no-cache c", "image build -q --no-cache c", "launch container",
            "selftest --tries 1 --lane container", "bench --no-idle-gate -o results",
        ])
    func ownProgramProtected(command: String) throws {
        let result = try EnginePlace.shell(
            """
            mkdir c; printf 'FROM busybox\\nRUN sleep 1\\n' > c/Containerfile
            # It is there before and after, and yet may not be written to: access(2) says so of a file that is busy, too.
            look() { test -r /proc/$1/exe && ! test -w /proc/$1/exe && test -r /proc/$1/exe; }
            sleep 1000 & naive=$!; look $naive || echo reached; kill $naive
            "$isolab" \(command) > said 2>&1 & made=$!
            n=0; while [ $n -lt 100000 ] && kill -0 $made 2> none; do
            if look $made; then echo protected; break; fi; n=$((n+1)); done
            kill -TERM $made 2> none; wait $made 2> none; true
            """)
        #expect(result.output == "reached\nprotected\n", "\(result.output)\(result.complaints)")
    }
}

/// What `--help` says is read in a terminal.
@Suite struct HelpTests {
    /// No line is longer than a terminal of the usual width.
    @Test(arguments: [
        "", "run", "exec", "ps", "rm", "diff", "commit", "cp", "inspect", "images", "tag", "rmi", "save", "load",
        "history",
        "build", "system", "system df", "system prune", "system info", "info", "version", "events", "image",
        "image build",
        "image import", "image bootstrap",
        "image bootstrap debian",
        "image bootstrap busybox", "image check", "image prune", "image list", "registry", "pull", "push", "login",
        "logout",
        "search", "copy", "list", "registry inspect", "registry delete", "bench", "compare", "doctor", "lanes",
        "launch",
        "report", "container", "container ls", "container prune", "container inspect", "container run", "image inspect",
    ])
    func width(command: String) throws {
        let result = try IsolabProgram.shell("\"$isolab\" \(command) --help", in: try Place())
        #expect(result.status == 0, "\(result.complaints)")
        #expect(result.output.contains(command.isEmpty ? "USAGE: isolab " : "USAGE: isolab \(command)"))
        // These two have another name in the program that does them, and with it their usage as the parser writes it.
        let isNamedTwice = ["registry inspect", "registry delete"].contains(command)
        let long = result.output.split(separator: "\n").map(String.init).filter { $0.count > 80 }
        #expect(long.filter { !isNamedTwice || !$0.hasPrefix("USAGE: ") } == [])
    }

    /// What the list of commands says a command takes is what its help says.
    @Test(arguments: ["build", "run"]) func listOfCommands(command: String) throws {
        let line = try #require(
            Place.text(Repository.path("docs/commands.md")).split(separator: "\n").first {
                $0.hasPrefix("| `\(command)` |")
            })
        let options = line.split { " `,()|\\".contains($0) }.filter { $0.hasPrefix("-") }
        let help = try IsolabProgram.shell("\"$isolab\" \(command) --help", in: try Place()).output
        let words = Set(help.split { " ,/\n".contains($0) })
        #expect(options.count > 10 && options.filter { !words.contains($0) } == [])
    }
}
