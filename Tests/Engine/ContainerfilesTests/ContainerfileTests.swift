import Testing

@testable import Containerfiles

@Suite struct ContainerfileTests {
    private func instructions(_ text: String) throws -> [Instruction] {
        try Containerfile(text.utf8).instructions.map(\.instruction)
    }

    /// What one instruction after `FROM x` is read as.
    private func instruction(_ text: String) throws -> Instruction {
        try #require(try instructions("FROM x\n" + text).last)
    }

    // MARK: - Lines

    /// Comments, empty lines, continuation and the number of the first line.
    @Test func linesArePutTogether() throws {
        let file = try Containerfile(
            """
            # a comment

            FROM x
              # indented
            RUN a \\
              # inside

              b \\ \t
            c
            RUN d \\\\
            USER e
            """.utf8)
        #expect(file.instructions.map(\.line) == [3, 5, 10, 11])
        #expect(file.instructions.map(\.text) == ["FROM x", "RUN a   b c", "RUN d \\\\", "USER e"])
    }

    /// A file of Windows, with its mark and its lines' ends; a here-document stays as it is.
    @Test func carriageReturnsAreNoText() throws {
        let bytes = [0xEF, 0xBB, 0xBF] + Array("FROM x\r\nRUN a \\\r\n b\r\nCOPY <<E /f\r\nt\r\nE\r\n".utf8)
        let file = try Containerfile(bytes)
        #expect(file.instructions.map(\.text) == ["FROM x", "RUN a  b", "COPY <<E /f"])
        guard case .copy(let copy) = file.instructions[2].instruction else { throw Unexpected() }
        #expect(copy.documents.map(\.content) == ["t\r\n"])
    }

    /// `# escape=` counts at the top alone.
    @Test func escapeDirective() throws {
        let file = try Containerfile("# syntax=docker/dockerfile:1\n# escape=`\nFROM x\nRUN a `\n b\\\nUSER c".utf8)
        #expect(file.escape == UInt8(ascii: "`"))
        #expect(file.instructions.map(\.text) == ["FROM x", #"RUN a  b\"#, "USER c"])
        #expect(try Containerfile("# x\n# escape=`\nFROM x".utf8).escape == UInt8(ascii: "\\"))
        #expect(throws: ContainerfileError.self) { try Containerfile("# escape=x\nFROM x".utf8) }
        #expect(throws: ContainerfileError.self) { try Containerfile("#escape=`\n#Escape=`\nFROM x".utf8) }
    }

    /// Here-documents belong to the line that announces them; only quotation marks keep them as they are.
    @Test func hereDocuments() throws {
        let file = try Containerfile(
            """
            FROM x
            RUN <<EOF
            echo $a
            # no comment
            EOF
            COPY <<"a b" <<-'two' /dest/
            RUN not
            a b
            \t\ttext
            \ttwo
            RUN ["<<EOF"]
            RUN 3<<X cat | sort
            X
            """.replacing("\"a b\"", with: "\"ab\"").replacing("a b\n\t", with: "ab\n\t").utf8)
        #expect(file.instructions.count == 5)
        guard case .run(let run) = file.instructions[1].instruction else { throw Unexpected() }
        #expect(run.documents.map(\.content) == ["echo $a\n# no comment\n"])
        #expect(run.documents.map(\.expands) == [true])
        guard case .copy(let copy) = file.instructions[2].instruction else { throw Unexpected() }
        #expect(copy.documents.map(\.name) == ["ab", "two"])
        #expect(copy.documents.map(\.strippedContent) == ["RUN not\n", "text\n"])
        #expect(copy.documents.map(\.expands) == [false, false])
        #expect(file.instructions[3].instruction == .run(.init(command: .words(["<<EOF"]), documents: [], mounts: [])))
    }

    // MARK: - Instructions

    /// The forms of every instruction.
    @Test(
        arguments: [
            (
                "ENV a=1 b='x y' c=\"$d\"",
                .environment([
                    .init(name: "a", value: "1"), .init(name: "b", value: "'x y'"), .init(name: "c", value: "\"$d\""),
                ])
            ),
            ("env a some  words", .environment([.init(name: "a", value: "some  words")])),
            ("LABEL \"a b\"=c", .label([.init(name: "\"a b\"", value: "c")])),
            ("ARG a b=c", .argument([.init(name: "a", value: nil), .init(name: "b", value: "c")])),
            ("CMD [\"a\", \"b c\"]", .command(.words(["a", "b c"]))),
            ("CMD []", .command(.words([]))),
            ("CMD a b", .command(.shell("a b"))),
            ("CMD ['a']", .command(.shell("['a']"))),
            ("ENTRYPOINT [\"a\\u0041\"]", .entrypoint(.words(["aA"]))),
            ("EXPOSE 80 443/tcp", .expose(["80", "443/tcp"])),
            ("VOLUME /a /b", .volume(["/a", "/b"])),
            ("VOLUME [\"/a b\"]", .volume(["/a b"])),
            ("SHELL [\"/bin/bash\", \"-c\"]", .shell(["/bin/bash", "-c"])),
            ("WORKDIR /a b", .workingDirectory("/a b")),
            ("STOPSIGNAL SIGINT", .stopSignal("SIGINT")),
            ("MAINTAINER A B <a@b>", .maintainer("A B <a@b>")),
            ("HEALTHCHECK NONE", .healthcheck(.init())),
            (
                "HEALTHCHECK --interval=1m30s --timeout=500ms --retries=2 CMD a b",
                .healthcheck(.init(command: .shell("a b"), interval: 90_000_000_000, timeout: 500_000_000, retries: 2))
            ),
            ("ONBUILD RUN a b", .onBuild("RUN a b")),
            (
                "RUN --mount=type=tmpfs,target=/t,size=2m --mount=type=cache,dst=/c,id=n --network=none a",
                .run(
                    .init(
                        command: .shell("a"), documents: [],
                        mounts: [
                            .init(kind: .memory(size: 2 << 20), target: "/t"),
                            .init(kind: .cache(.init(identifier: "n")), target: "/c"),
                        ], network: "none",
                        flags: [
                            "--mount=type=tmpfs,target=/t,size=2m", "--mount=type=cache,dst=/c,id=n", "--network=none",
                        ]))
            ),
            (
                "COPY --from=b --chown=1:2 --chmod=755 --link a b /c/",
                .copy(
                    .init(
                        isAdd: false, from: "b", owner: "1:2", mode: "755", sources: ["a", "b"], destination: "/c/",
                        documents: []))
            ),
            (
                "ADD [\"a b\", \"/c\"]",
                .copy(
                    .init(
                        isAdd: true, from: nil, owner: nil, mode: nil, sources: ["a b"], destination: "/c",
                        documents: [], unpacks: true))
            ),
            (
                "ADD --checksum=sha256:1 --exclude=*.md --unpack=false https://a/b /c",
                .copy(
                    .init(
                        isAdd: true, from: nil, owner: nil, mode: nil, sources: ["https://a/b"], destination: "/c",
                        documents: [], excludes: ["*.md"], checksum: "sha256:1"))
            ),
            (
                "COPY --parents --exclude=a --exclude=b x /c/",
                .copy(
                    .init(
                        isAdd: false, from: nil, owner: nil, mode: nil, sources: ["x"], destination: "/c/",
                        documents: [], keepsParents: true, excludes: ["a", "b"]))
            ),
            ("RUN [ -d /bin ] && true", .run(.init(command: .shell("[ -d /bin ] && true"), documents: [], mounts: []))),
            ("CMD [\"a\", \"b\"", .command(.shell("[\"a\", \"b\""))),
            ("ENTRYPOINT [\"a\"] b", .entrypoint(.shell("[\"a\"] b"))),
            ("VOLUME [a b", .volume(["[a", "b"])),
            (
                "HEALTHCHECK CMD [ -e /x ]",
                .healthcheck(.init(command: .shell("[ -e /x ]")))
            ),
            (
                "RUN --mount=target=/t,from=s,source=a,rw --mount=type=secret,id=k,required a",
                .run(
                    .init(
                        command: .shell("a"), documents: [],
                        mounts: [
                            .init(kind: .files(from: "s", source: "a", isWritable: true), target: "/t"),
                            .init(
                                kind: .secret(.init(identifier: "k", isRequired: true)), target: "/run/secrets/k"),
                        ],
                        flags: ["--mount=target=/t,from=s,source=a,rw", "--mount=type=secret,id=k,required"]))
            ),
            (
                #"RUN --mount=type=bind,"source=a,b",target=/t a"#,
                .run(
                    .init(
                        command: .shell("a"), documents: [],
                        mounts: [.init(kind: .files(from: nil, source: "a,b", isWritable: false), target: "/t")],
                        flags: [#"--mount=type=bind,"source=a,b",target=/t"#]))
            ),
            (
                "RUN --mount=type=cache,target=/c,ro,uid=5,gid=6,mode=0700 a",
                .run(
                    .init(
                        command: .shell("a"), documents: [],
                        mounts: [
                            .init(
                                kind: .cache(
                                    .init(identifier: "/c", isReadOnly: true, mode: 0o700, uid: 5, gid: 6)),
                                target: "/c")
                        ], flags: ["--mount=type=cache,target=/c,ro,uid=5,gid=6,mode=0700"]))
            ),
            (
                "FROM --platform=linux/arm64 img AS Name",
                .from(.init(platform: "linux/arm64", image: "img", name: "name"))
            ),
        ] as [(String, Instruction)])
    func forms(text: String, expected: Instruction) throws {
        #expect(try instruction(text) == expected)
    }

    /// A bind shows files to be read; `rw` or `ro=false` lets the command write to them, and of several words the last counts.
    @Test(arguments: [
        ("", false), (",rw", true), (",readwrite", true), (",rw=false", false), (",ro", false), (",ro=false", true),
        (",ro,rw", true), (",rw,readonly", false),
    ])
    func writableBinds(words: String, isWritable: Bool) throws {
        guard case .run(let run) = try instruction("RUN --mount=type=bind,target=/t\(words) a") else {
            throw ContainerfileError("is no RUN")
        }
        #expect(run.mounts.first?.kind == .files(from: nil, source: "/", isWritable: isWritable))
    }

    /// Every mistake is told with its line and its instruction.
    @Test(arguments: [
        ("RUN", "RUN"), ("RUN []", "RUN"), ("RUN [1]", "RUN"), ("COPY a", "COPY"),
        ("COPY --from=x --from=y a b", "COPY"),
        ("COPY --parents=what a b", "COPY"), ("COPY --what a b", "COPY"), ("COPY --chown a b", "COPY"),
        ("ADD --from=x a b", "ADD"),
        ("ENV a", "ENV"), ("ENV a=1 b", "ENV"), ("ENV =1", "ENV"), ("ARG =1", "ARG"), ("SHELL /bin/sh", "SHELL"),
        ("EXPOSE", "EXPOSE"), ("HEALTHCHECK what", "HEALTHCHECK"), ("HEALTHCHECK --interval=1 CMD a", "HEALTHCHECK"),
        ("ONBUILD FROM x", "FROM"), ("ONBUILD ONBUILD RUN a", "ONBUILD"), ("ONBUILD", "ONBUILD"), ("FROM", "FROM"),
        ("FROM a as", "FROM"), ("FROM a AS 1", "FROM"), ("WHAT x", "WHAT"), ("RUN --network=what a", "RUN"),
        ("RUN --mount=type=ssh a", "RUN"), ("RUN --mount=type=secret a", "RUN"), ("RUN --mount=type=tmpfs a", "RUN"),
        ("RUN --security=insecure a", "RUN"),
        ("COPY <<EOF /x", "COPY"), ("STOPSIGNAL a b", "STOPSIGNAL"), ("VOLUME [\"\"]", "VOLUME"), ("USER", "USER"),
    ])
    func mistakes(text: String, name: String) throws {
        let error = try #require(throws: ContainerfileError.self) { try Containerfile("FROM x\n\n\(text)\n".utf8) }
        #expect(error.line == 3)
        if !text.contains("<<") { #expect(error.instruction?.hasSuffix(name) == true || text.hasPrefix("ONBUILD")) }
        #expect(!error.description.contains("\n"))
    }

    /// Every mistake is told, with the file's own name, and what follows an instruction that is none is read nevertheless.
    @Test func severalMistakes() throws {
        let text = "FROM x\nWHAT a\nRUN a\nCOPY b\nRUN <<EOF\n"
        let error = try #require(throws: ContainerfileError.self) { try Containerfile(text.utf8, name: "Mine") }
        #expect(error.description.split(separator: "\n").map { $0.prefix(7) } == ["Mine:2:", "Mine:4:", "Mine:5:"])
        let many = "FROM x\n" + String(repeating: "WHAT\n", count: 100)
        let count = try #require(throws: ContainerfileError.self) { try Containerfile(many.utf8) }
        #expect(count.description.split(separator: "\n").count == 21)
        #expect(count.description.hasSuffix("… and 80 more"))
    }

    /// A document belongs to a command that begins with a bracket and is a shell's; to words in JSON it does not.
    @Test func documentsOfTests() throws {
        let file = try Containerfile("FROM x\nRUN [ -e /x ] || cat <<E\nRUN\nE\nRUN [\"<<E\"]\nUSER a\n".utf8)
        #expect(file.instructions.map(\.instruction.name) == ["FROM", "RUN", "RUN", "USER"])
    }

    /// What is no Containerfile at all.
    @Test(arguments: [
        Array("".utf8), Array("# only\n".utf8), Array("RUN a\n".utf8), Array("ARG a\n".utf8), [0xFF, 0xFE],
        Array("FROM x\nRUN \u{0}".utf8), Array(repeating: UInt8(ascii: "#"), count: 5 << 20),
        Array(("FROM x\n" + String(repeating: "RUN a\n", count: 10_001)).utf8),
    ])
    func refused(bytes: [UInt8]) {
        #expect(throws: ContainerfileError.self) { try Containerfile(bytes) }
    }

    struct Unexpected: Error {}
}
