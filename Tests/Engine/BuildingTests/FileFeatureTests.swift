import Building
import Containerfiles
import Glibc
import Images
import Linux
import OCI
import Testing

/// What COPY, ADD and `RUN --mount` do with files, as BuildKit and buildah have it.
@Suite(.enabled(if: TestHost.canBuild, TestHost.reason)) struct FileFeatureTests {
    let bed: BuildBed

    init() throws {
        bed = try BuildBed()
        try bed.makeBusybox()
    }

    private func listing(_ built: BuiltImage, _ directory: String) throws -> String {
        try bed.shell("cd \(try bed.tree(built))\(directory) && find . -mindepth 1 -printf '%P %m\\n' | LC_ALL=C sort")
    }

    // MARK: - ADD

    /// Where an archive is unpacked is the image's: an entry for its own root (`./`) says nothing of it.
    @Test func archivesLeaveTheirDestination() throws {
        try bed.shell(
            "mkdir r && chmod 750 r && chown 1000:1000 r && mkdir -m 700 r/d && touch r/f && tar -C r -cf context/r.tar ."
        )
        let built = try bed.build("FROM busybox\nADD r.tar /\nADD r.tar /new/\nRUN mkdir -m 711 /old\nADD r.tar /old/")
        let tree = try bed.tree(built)
        for (path, mode) in [("", 0o755), ("/new", 0o755), ("/old", 0o711), ("/d", 0o700)] as [(String, mode_t)] {
            let status = try bed.status(tree + path)
            #expect(status.st_mode & 0o7777 == mode && status.st_uid == 0, "\(path)")
        }
    }

    // MARK: - COPY

    /// The directories of a path come along with their permissions; `/./` says from where on.
    @Test func parents() throws {
        try bed.write("a/b/c/f")
        try bed.write("a/b/g")
        chmod(bed.context + "/a/b", 0o750)
        let built = try bed.build(
            "FROM scratch\nCOPY --parents a/b/c/f a/b/g /all/\nCOPY --parents a/./b/c /some\nCOPY --parents a/*/g /glob/"
        )
        #expect(
            try listing(built, "/all") == "a 755\na/b 750\na/b/c 755\na/b/c/f 644\na/b/g 644\n")
        #expect(try listing(built, "/some") == "b 750\nb/c 755\nb/c/f 644\n")
        #expect(try listing(built, "/glob") == "a 755\na/b 750\na/b/g 644\n")
    }

    @Test func excludes() throws {
        for name in ["d/a.txt", "d/b.md", "d/s/c.txt", "d/s/d.md", "x.txt", "x.md"] { try bed.write(name) }
        let built = try bed.build(
            """
            FROM scratch
            COPY --exclude=*.txt d /one/
            COPY --exclude=**/*.txt --exclude=s/d.md d /two/
            COPY --exclude=*.md x.* /three/
            """)
        func names(_ directory: String) throws -> String {
            try bed.shell("cd \(try bed.tree(built))\(directory) && find . -type f -printf '%P\\n' | LC_ALL=C sort")
        }
        #expect(try names("/one") == "b.md\ns/c.txt\ns/d.md\n")
        #expect(try names("/two") == "b.md\n")
        #expect(try names("/three") == "x.txt\n")
    }

    @Test func symbolicModes() throws {
        try bed.write("d/program", mode: 0o700)
        try bed.write("d/text", mode: 0o600)
        let built = try bed.build("FROM scratch\nCOPY --chmod=u=rwX,go=rX d /d/\nCOPY --chmod=go+w d/text /t")
        #expect(try listing(built, "") == "d 755\nd/program 755\nd/text 644\nt 622\n")
    }

    // MARK: - Stages

    /// A name that two stages have means the last of them that stands before.
    @Test func stagesOfOneName() throws {
        for name in ["1", "2"] { try bed.write(name, name) }
        let built = try bed.build(
            """
            FROM scratch AS a
            COPY 1 /f
            FROM a AS a
            COPY 2 /g
            FROM scratch
            COPY --from=a /f /g /
            """)
        #expect(try listing(built, "") == "f 644\ng 644\n")
    }

    // MARK: - RUN --mount

    /// Files of the context, of a stage and of an image are there while the command runs, what is written to them is gone, and
    /// nothing of the mounts is in the layer. What is ignored is not shown.
    @Test func bindMounts() throws {
        try bed.write("in/a", "context")
        try bed.write("in/secret.log", "x")
        try bed.write(".dockerignore", "**/*.log\n")
        let file = """
            FROM busybox AS made
            RUN mkdir /out && echo stage > /out/s && chown 5:6 /out/s
            FROM busybox
            RUN --mount=target=/ctx,rw --mount=type=bind,from=made,source=/out,target=/made \\
             --mount=from=busybox,source=/bin/busybox,target=/box/busybox --mount=source=in/a,target=/deep/er/a \\
             test "$(cat /ctx/in/a /made/s /deep/er/a | tr -d '\\n')" = contextstagecontext && test ! -e /ctx/in/secret.log && test "$(stat -c %u /made/s)" = 5 && /box/busybox true \\
             && echo changed > /ctx/in/a && ! echo no 2>/dev/null > /made/s && ! touch /deep/er/a 2>/dev/null && echo done > /done
            """
        let built = try bed.build(file)
        #expect(try SystemFile.read(bed.context + "/in/a") == "context")
        let tree = try bed.tree(built)
        #expect(try bed.shell("cd \(tree) && cat done && ls -d ctx made box deep 2>/dev/null; true") == "done\n")
        try bed.build(file)
        #expect(bed.cachedSteps == 2)
        try bed.write("in/a", "CONTEXT")
        #expect(throws: BuildError.self) { try bed.build(file) }
        #expect(bed.leftovers.isEmpty)
    }

    /// A secret is a file or a variable of one command, and in no layer, no configuration and no cache's key.
    @Test func secrets() throws {
        try SystemFile.replace(bed.directory + "/key", with: Array("s3cr3t".utf8))
        setenv("ISOLAB_TEST_SECRET", "fromenv", 1)
        let file = """
            FROM busybox
            RUN --mount=type=secret,id=k test "$(cat /run/secrets/k)" = s3cr3t && test "$(stat -c %a /run/secrets/k)" = 400
            RUN --mount=type=secret,id=e,env=TOKEN --mount=type=secret,id=k,target=/etc/key,mode=444 \\
             test "${TOKEN#from}" = env && test "$(stat -c %a /etc/key)" = 444 && test ! -e /run/secrets/e
            RUN --mount=type=secret,id=none test ! -e /run/secrets/none
            """
        var options = BuildOptions()
        options.secrets = [
            BuildSecret(identifier: "k", source: .file(bed.directory + "/key")),
            BuildSecret(identifier: "e", source: .variable("ISOLAB_TEST_SECRET")),
        ]
        let built = try bed.build(file, options)
        let image = try bed.image(built)
        #expect(!String(decoding: image.configuration.json(), as: UTF8.self).contains("fromenv"))
        let tree = try bed.tree(built)
        #expect(!SystemFile.exists(tree + "/run") && !SystemFile.exists(tree + "/etc/key"))
        try SystemFile.replace(bed.directory + "/key", with: Array("another".utf8))
        try bed.build(file, options)
        #expect(bed.cachedSteps == 3)
        let error = #expect(throws: BuildError.self) {
            try bed.build("FROM busybox\nRUN --mount=type=secret,id=k,required true", BuildOptions())
        }
        #expect(error?.description.contains("--secret id=k") == true)
    }

    // MARK: - Forms

    /// What begins like JSON and is none is a shell's.
    @Test func brackets() throws {
        try bed.build("FROM busybox\nRUN [ -d /bin ] && true\nRUN [ -e /none ] || test -d /bin")
        let built = try bed.build("FROM busybox\nCMD [ -d /bin ]\nHEALTHCHECK CMD [ -e /x ]")
        let execution = try bed.image(built).configuration.execution
        #expect(execution.command == ["/bin/sh", "-c", "[ -d /bin ]"])
        #expect(execution.healthcheck?.test == ["CMD-SHELL", "[ -e /x ]"])
    }

    /// A user whose line lies in another layer than the link to it, for commands, directories and owners of files.
    @Test func usersAcrossLayers() throws {
        try bed.write("f")
        let built = try bed.build(
            """
            FROM busybox
            RUN mkdir -p /nix && echo 'nob:x:5000:5001::/:/bin/sh' > /nix/passwd
            RUN ln -sf /nix/passwd /etc/passwd
            USER nob
            RUN test "$(id -u):$(id -g)" = 5000:5001
            WORKDIR /his
            COPY --chown=nob f /f
            """)
        let tree = try bed.tree(built)
        #expect(try bed.status(tree + "/his").st_uid == 5000 && bed.status(tree + "/f").st_gid == 5001)
    }

    // MARK: - Hostile contexts

    /// What would wait for ever is no input.
    @Test func fifosAreRefused() throws {
        #expect(mkfifo(bed.context + "/Containerfile", 0o600) == 0)
        #expect(throws: BuildError.self) { try BuildContext(directory: bed.context) }
    }
}
