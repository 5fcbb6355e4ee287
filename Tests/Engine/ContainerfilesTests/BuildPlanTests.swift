import OCI
import Testing

@testable import Containerfiles

@Suite struct BuildPlanTests {
    struct Missing: Error {}

    /// Images that are there: `base`, with settings of its own, and `trigger`.
    static func image(_ name: String, _ platform: Platform) throws -> BaseImage {
        var configuration = ImageConfiguration(platform: platform)
        switch name {
        case "base":
            configuration.execution = .init(
                user: "web", environment: ["PATH=/bin", "B=base"], command: ["basecmd"], workingDirectory: "/srv")
        case "trigger": configuration.execution.onBuild = ["ENV T=1", "COPY . /app/"]
        default: throw Missing()
        }
        return BaseImage(id: "sha256:" + name, configuration: configuration)
    }

    private func plan(_ text: String, _ request: BuildRequest = BuildRequest()) throws -> BuildPlan {
        try BuildPlan(Containerfile(text.utf8), request, image: Self.image)
    }

    private func texts(_ plan: BuildPlan) -> [String] { plan.stages.flatMap { $0.steps.map(\.text) } }

    /// Variables: ENV above ARG, the caller above defaults, every value as before its instruction, FROM sees only what is
    /// before it.
    @Test func variables() throws {
        let plan = try plan(
            """
            ARG TAG=base
            ARG GLOBAL=g
            FROM $TAG
            ARG A=default B=hidden GLOBAL
            ENV E=$A-$B X=1
            ENV X=2 Y=$X
            WORKDIR sub/$GLOBAL
            LABEL l=${A:-none} m=$TAG
            RUN echo $A
            """, BuildRequest(arguments: ["A": "given", "UNUSED": "x"]))
        #expect(
            texts(plan) == [
                "ARG A=given B=hidden GLOBAL=g", "ENV E=given-base X=1", "ENV X=2 Y=1", "WORKDIR /srv/sub/g",
                "LABEL l=given m=", "RUN echo $A",
            ])
        let execution = try #require(plan.stages.first?.execution)
        #expect(execution.environment == ["PATH=/bin", "B=base", "E=given-base", "X=2", "Y=1"])
        guard case .run(let run) = plan.stages[0].steps[5].action else { throw Missing() }
        #expect(run.arguments == ["/bin/sh", "-c", "echo $A"])
        #expect(run.environment.prefix(2) == ["A=given", "GLOBAL=g"])
        #expect(run.workingDirectory == "/srv/sub/g" && run.user == "web")
        #expect(plan.stages[0].steps[5].createdBy == "RUN |2 A=given GLOBAL=g /bin/sh -c echo $A")
        #expect(plan.unusedArguments == ["UNUSED"])
        #expect(plan.unusedArgumentsWarning == "One or more build-args [UNUSED] were not consumed")
    }

    /// A step is shown with all that it does: what RUN is shown, and values of several words in quotation marks.
    @Test func shownWhole() throws {
        let plan = try plan(
            """
            FROM base
            LABEL a="b c" d="say \\"x\\"" e=plain
            ENV F='g  h'
            RUN --mount=type=cache,target=/c --network=none echo 1
            """)
        #expect(
            texts(plan) == [
                #"LABEL a="b c" d="say \"x\"" e=plain"#, #"ENV F="g  h""#,
                "RUN --mount=type=cache,target=/c --network=none echo 1",
            ])
        #expect(plan.stages[0].steps[0].createdBy == #"LABEL a="b c" d="say \"x\"" e=plain"#)
    }

    /// What is built has a PATH, after what its base says, and its own where it says one.
    @Test func pathOfImages() throws {
        #expect(try plan("FROM trigger").stages[0].execution.environment == [RuntimeConfiguration.dockerPath, "T=1"])
        #expect(try plan("FROM base").stages[0].execution.environment == ["PATH=/bin", "B=base"])
    }

    /// Only what the target needs is built, and only that is looked up.
    @Test func onlyNeededStages() throws {
        let text = """
            FROM nowhere AS unused
            FROM base AS one
            FROM scratch AS two
            COPY --from=one /a /b
            FROM two
            FROM scratch AS last
            COPY --from=2 /c /d
            """
        #expect(try plan(text).stages.map(\.index) == [1, 2, 4])
        #expect(try plan(text, BuildRequest(target: "TWO")).stages.map(\.index) == [1, 2])
        #expect(try plan(text, BuildRequest(target: "3")).stages.map(\.index) == [1, 2, 3])
        let missing = #expect(throws: ContainerfileError.self) { try plan(text, BuildRequest(target: "unused")) }
        #expect(missing?.line != nil && missing?.instruction == "FROM", "\(missing.map(\.description) ?? "")")
        #expect(throws: ContainerfileError.self) { try plan(text, BuildRequest(target: "none")) }
    }

    /// An image's triggers run first, and are taken off.
    @Test func triggers() throws {
        let plan = try plan("FROM trigger\nUSER x\nONBUILD RUN later")
        #expect(texts(plan) == ["ENV T=1", "COPY . /app/", "USER x", "ONBUILD RUN later"])
        #expect(plan.stages[0].execution.onBuild == ["RUN later"])
    }

    /// Copies: destinations below the working directory, sources below their root, documents with their variables.
    @Test func copies() throws {
        let plan = try plan(
            """
            FROM base
            ENV D=dir
            COPY ../../a b* $D/
            COPY --chown=$D --chmod=750 x .
            COPY <<$D <<'q' /etc/
            v=$D
            $D
            v=$D
            q
            ADD y /z
            """.replacing("<<$D", with: "<<f").replacing("\n$D\n", with: "\nf\n"))
        let copies = plan.stages[0].steps.compactMap { if case .copy(let copy) = $0.action { copy } else { nil } }
        #expect(copies.map(\.destination) == ["/srv/dir", "/srv", "/etc", "/z"])
        #expect(copies.map(\.intoDirectory) == [true, true, true, false])
        #expect(copies[0].sources.map(\.text) == ["a", "b*"])
        #expect(copies[1].owner == "dir" && copies[1].mode?.text == "750")
        #expect(copies[2].documents == [.init(name: "f", content: "v=dir\n"), .init(name: "q", content: "v=$D\n")])
        #expect(copies.map(\.unpacks) == [false, false, false, true])
    }

    /// Here-documents of RUN: the shell's, a program's own, or the shell's to read.
    @Test func runDocuments() throws {
        let plan = try plan("FROM base\nRUN <<A\necho\nA\nRUN <<B\n#!/bin/x\ny\nB\nRUN cat <<C > /f\nz\nC\n")
        let runs = plan.stages[0].steps.compactMap { if case .run(let run) = $0.action { run } else { nil } }
        #expect(runs[0].arguments == ["/bin/sh", "-c", "echo\n"])
        #expect(runs[1].arguments == ["/dev/pipes/B"] && runs[1].script?.content == "#!/bin/x\ny\n")
        #expect(runs[2].arguments == ["/bin/sh", "-c", "cat <<C > /f\nz\nC"])
    }

    /// Entry point and command: a new entry point forgets the base's command, not the stage's own.
    @Test func entrypoints() throws {
        #expect(try plan("FROM base\nENTRYPOINT [\"e\"]").stages[0].execution.command == [])
        #expect(try plan("FROM base\nCMD c\nENTRYPOINT e").stages[0].execution.command == ["/bin/sh", "-c", "c"])
        let shell = try plan("FROM base\nSHELL [\"/b\",\"-x\"]\nENTRYPOINT e").stages[0].execution
        #expect(shell.entrypoint == ["/b", "-x", "e"] && shell.shell == ["/b", "-x"])
    }

    /// What else an image says of itself.
    @Test func otherSettings() throws {
        let plan = try plan(
            """
            FROM scratch
            EXPOSE 80 8000-8002/udp 1:2
            VOLUME /a /b
            STOPSIGNAL SIGRTMIN+3
            HEALTHCHECK --start-period=2s CMD x
            MAINTAINER me $USER
            USER 1:2
            """)
        let execution = plan.stages[0].execution
        #expect(execution.exposedPorts.keys.sorted() == ["2/tcp", "80/tcp", "8000/udp", "8001/udp", "8002/udp"])
        #expect(execution.volumes.keys.sorted() == ["/a", "/b"])
        #expect(execution.stopSignal == "SIGRTMIN+3" && execution.user == "1:2")
        #expect(execution.healthcheck?.test == ["CMD-SHELL", "x"])
        #expect(execution.healthcheck?.startPeriod == 2_000_000_000)
        #expect(execution.environment == [RuntimeConfiguration.dockerPath])
        #expect(plan.stages[0].author == "me $USER")
    }

    /// The platform a stage is for and the names it goes by.
    @Test func platforms() throws {
        let request = BuildRequest(
            platform: Platform(architecture: "arm64", variant: "v8"), buildPlatform: Platform(architecture: "amd64"))
        let plan = try plan(
            "FROM --platform=$BUILDPLATFORM base AS a\nFROM base\nARG TARGETARCH TARGETVARIANT\nCOPY --from=a /x /$TARGETARCH$TARGETVARIANT",
            request)
        #expect(plan.stages.map(\.platform.description) == ["linux/amd64", "linux/arm64/v8"])
        #expect(texts(plan).last == "COPY --from=a /x /arm64v8")
    }

    /// An image that is there for another platform than was asked for is refused: what is built of it would be for that one.
    @Test func otherPlatforms() throws {
        let amd64 = Platform(architecture: "amd64")
        for (text, request) in [
            ("FROM scratch\nFROM --platform=linux/arm64 base", BuildRequest(platform: amd64)),
            ("FROM scratch\nFROM base", BuildRequest(platform: Platform(architecture: "arm64"))),
        ] {
            let error = #expect(throws: ContainerfileError.self) {
                try BuildPlan(Containerfile(text.utf8), request) { name, _ in try Self.image(name, amd64) }
            }
            #expect(error?.line == 2)
            let problem = error?.problem ?? ""
            #expect(problem.hasPrefix("the image base is here for linux/amd64, not for linux/arm64; "), "\(problem)")
        }
        #expect(try self.plan("FROM --platform=linux/arm64 base").warnings == [])
    }

    /// Mistakes that only planning finds carry their line.
    @Test(arguments: [
        ("FROM scratch\nCOPY a b c", 2), ("FROM scratch\nADD https://x/y /z", 2),
        ("FROM scratch\nCOPY --chmod=u+q a b", 2),
        ("FROM scratch\nSTOPSIGNAL SIGWHAT", 2), ("FROM scratch\nEXPOSE 70000", 2), ("FROM scratch\nEXPOSE 9-8", 2),
        ("FROM scratch AS a\nCOPY --from=a x y", 2), ("FROM scratch\nCOPY --from=b x y\nFROM scratch AS b", 2),
        ("FROM scratch\nCOPY --from=0 x y", 2), ("FROM $NONE", 1), ("FROM --platform=x base", 1),
        ("FROM scratch\nUSER $NONE", 2),
        ("FROM scratch\nCOPY $NONE /x", 2), ("FROM scratch\nENV a=${b", 2),
    ])
    func mistakes(text: String, line: Int) throws {
        let request = BuildRequest(target: text.hasSuffix("AS b") ? "0" : nil)
        let error = try #require(throws: ContainerfileError.self) { try plan(text, request) }
        #expect(error.line == line)
    }

    /// Each word is within its limit, all of them together are not: refused where they become too many, and told once.
    @Test(arguments: [
        ("ENV E%=$A", "ENV"), ("LABEL l%=$A", "LABEL"), ("ARG B%=$A", "ARG"),
        ("RUN --mount=type=cache,id=$A,target=/c% true", "RUN"),
        ("COPY x /$A", "COPY"), ("VOLUME /$A", "VOLUME"),
    ])
    func sumOfWords(line: String, name: String) throws {
        let word = String(repeating: "x", count: 100_000)
        let lines = (0..<100).map {
            line.split(separator: "%", omittingEmptySubsequences: false).joined(separator: "\($0)")
        }
        let text = "FROM scratch\nARG A=\(word)\n" + lines.joined(separator: "\n")
        let error = try #require(throws: ContainerfileError.self) { try plan(text) }
        let place = try #require(error.line)
        #expect((3..<60).contains(place), "\(place)")
        #expect(error.instruction == name && error.problem == StageScope.tooLarge && error.further.isEmpty)
        // Those of one instruction alike.
        let words = (0..<100).map { "E\($0)=$A" }.joined(separator: " ")
        let one = #expect(throws: ContainerfileError.self) { try plan("FROM scratch\nARG A=\(word)\nENV \(words)") }
        #expect(one?.line == 3)
        let most = try plan("FROM scratch\nARG A=\(word)\n" + lines.prefix(15).joined(separator: "\n"))
        #expect(most.stages[0].steps.count == 16)
    }

    /// Before the first FROM, and over stages that are built from each other.
    @Test func sumOverStages() throws {
        let word = String(repeating: "x", count: 100_000)
        let lines = (0..<100).map { "ARG B\($0)=$A\n" }.joined()
        let before = #expect(throws: ContainerfileError.self) { try plan("ARG A=\(word)\n\(lines)FROM scratch") }
        #expect(before?.instruction == "ARG" && (before?.line ?? 0) < 60)
        let stages = (1..<40).map { "FROM s\($0 - 1) AS s\($0)\nARG A\nLABEL a=$A b=$A\n" }.joined()
        let error = #expect(throws: ContainerfileError.self) {
            try plan("ARG A=\(word)\nFROM scratch AS s0\n" + stages)
        }
        #expect(error?.problem == StageScope.tooLarge)
    }

    /// A step's key changes with the tree it finds and with what it does, and with nothing else.
    @Test func cacheKeys() throws {
        let text = "FROM base\nLABEL a=$L\nARG V\nRUN make\nARG L\nCOPY x /y\n"
        let one = try plan(text, BuildRequest(arguments: ["V": "1", "L": "1"])).stages[0].steps
        let two = try plan(text, BuildRequest(arguments: ["V": "1", "L": "2"])).stages[0].steps
        let three = try plan(text, BuildRequest(arguments: ["V": "2", "L": "1"])).stages[0].steps
        let parent = Digest(sha256Of: "parent".utf8)
        #expect(one[0].cacheKey(parent: parent) == nil)
        #expect(one[2].cacheKey(parent: parent) == two[2].cacheKey(parent: parent))
        #expect(one[2].cacheKey(parent: parent) != three[2].cacheKey(parent: parent))
        #expect(one[2].cacheKey(parent: parent) != one[2].cacheKey(parent: nil))
        #expect(one[2].cacheKey(parent: parent) != one[2].cacheKey(parent: parent, epoch: 0))
        let content = Digest(sha256Of: "content".utf8)
        #expect(one[4].cacheKey(parent: parent, content: content) != one[4].cacheKey(parent: parent, content: parent))
    }

    /// A command is in the build's network unless it says that it is in none; the host's is there only where the build was given that, and
    /// nothing is fetched for a network that leads nowhere.
    @Test func networks() throws {
        let kinds: [BuildRequest.Network] = [.none, .host, .shared(isInternal: false), .shared(isInternal: true)]
        for kind in kinds {
            var request = BuildRequest()
            request.network = kind
            let steps = try plan("FROM base\nRUN a\nRUN --network=none b\nRUN --network=default c", request).stages[0]
                .steps
            let networks: [Bool] = steps.compactMap {
                if case .run(let run) = $0.action { run.hasNetwork } else { nil }
            }
            #expect(networks == [kind != .none, false, kind != .none], "\(kind)")
            let isHosts = (try? plan("FROM base\nRUN --network=host a", request)) != nil
            #expect(isHosts == (kind == .host), "\(kind)")
            let fetches = (try? plan("FROM base\nADD https://example.org/x /", request)) != nil
            #expect(fetches == (kind == .host || kind == .shared(isInternal: false)), "\(kind)")
        }
    }

    /// A plan reads as what will be done.
    @Test func description() throws {
        let text = try plan("FROM base AS b\nRUN make\nFROM scratch\nCOPY --from=b /x /y/").description
        #expect(
            text == """
                stage 0: FROM base AS b (\(Platform.host))
                  base sha256:base
                  1. RUN make
                       run ["/bin/sh", "-c", "make"]
                       as web in /srv
                       with PATH=/bin B=base
                stage 1: FROM scratch (\(Platform.host))
                  1. COPY --from=b /x /y/
                       from stage 0 to /y/
                image: stage 1
                """)
    }
}
