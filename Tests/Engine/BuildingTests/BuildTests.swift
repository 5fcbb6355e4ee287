import Building
import Containerfiles
import Glibc
import Images
import Layers
import Linux
import OCI
import Testing

@Suite(.enabled(if: TestHost.canBuild, TestHost.reason)) struct BuildTests {
    let bed: BuildBed

    init() throws {
        bed = try BuildBed()
        try bed.makeBusybox()
    }

    private func text(_ path: String) throws -> String { try SystemFile.read(path) }

    // MARK: - Images

    /// From nothing: files, settings and history are what the instructions say.
    @Test func fromScratch() throws {
        try bed.write("hello", "hi\n", mode: 0o640)
        let built = try bed.build(
            """
            FROM scratch
            COPY hello /bin/hello
            ENV A=1
            LABEL l=x
            EXPOSE 80
            VOLUME /data
            USER 1:2
            WORKDIR /srv
            STOPSIGNAL SIGINT
            ENTRYPOINT ["/bin/hello"]
            CMD ["a", "b"]
            """, BuildOptions(request: BuildRequest(labels: ["m": "y"]), names: [try ImageReference("made")]))
        let image = try bed.store.image("made")
        #expect(image.id == built.id)
        let execution = image.configuration.execution
        #expect(execution.environment == [RuntimeConfiguration.dockerPath, "A=1"])
        #expect(execution.entrypoint == ["/bin/hello"] && execution.command == ["a", "b"])
        #expect(
            execution.labels == ["l": "x", "m": "y"] && execution.user == "1:2" && execution.workingDirectory == "/srv")
        #expect(execution.exposedPorts.keys.sorted() == ["80/tcp"] && execution.volumes.keys.sorted() == ["/data"])
        #expect(execution.stopSignal == "SIGINT")
        let history = image.configuration.history
        #expect(history.count == 10)
        #expect(history.filter { !$0.emptyLayer }.map(\.createdBy) == ["COPY hello /bin/hello", "WORKDIR /srv"])
        #expect(image.manifest.layers.count == 2 && image.configuration.rootfs.diffIDs.count == 2)
        let tree = try bed.tree(built)
        #expect(try text(tree + "/bin/hello") == "hi\n")
        let status = try bed.status(tree + "/bin/hello")
        #expect(status.st_mode & 0o7777 == 0o640 && status.st_uid == 0 && status.st_gid == 0)
        // Made for a user, the directory is his.
        #expect(try bed.status(tree + "/srv").st_uid == 1 && bed.status(tree + "/srv").st_gid == 2)
        #expect(bed.leftovers.isEmpty)
    }

    /// Commands see their user, directory, variables and files, no network but a loopback, and Docker's capabilities.
    @Test func commands() throws {
        let built = try bed.build(
            """
            FROM busybox
            ARG V=arg
            ENV E=env
            RUN echo 'me:x:500:500::/home/me:/bin/sh' >> /etc/passwd && echo 'me:x:500:' >> /etc/group
            RUN sed -i 's/^daemon:.*/daemon:x:1:me/' /etc/group
            USER me
            WORKDIR /home/me
            RUN test "$(id -un)" = me && test "$(id -G)" = "500 1" && test "$HOME" = /home/me
            RUN test "$PWD" = /home/me && test "$V$E" = argenv && touch mine
            RUN test "$(ls /sys/class/net)" = lo && ! touch /root/x && ! mknod x b 1 1
            USER root
            RUN grep -q 'CapEff:.00000000a80425fb' /proc/self/status && grep -q 'Seccomp:.2' /proc/self/status
            RUN ["/bin/sh", "-c", "echo exec > /exec"]
            SHELL ["/bin/sh", "-ec"]
            RUN false; true || exit 1
            """.replacing("RUN false; true || exit 1", with: "RUN echo shell > /shell"))
        let tree = try bed.tree(built)
        #expect(try text(tree + "/exec") == "exec\n" && text(tree + "/shell") == "shell\n")
        #expect(try bed.status(tree + "/home/me/mine").st_uid == 500)
        #expect(
            try bed.image(built).configuration.history.contains {
                $0.createdBy?.hasPrefix("RUN |1 V=arg /bin/sh -c test \"$(id -un)\"") == true
            })
    }

    /// What a command removes is removed from the image, and what it mounts on leaves no trace.
    @Test func removalsAndMounts() throws {
        let built = try bed.build(
            """
            FROM scratch
            COPY --from=busybox /bin /bin
            COPY Containerfile /keep/file
            COPY Containerfile /gone/file
            RUN rm -r /gone && rm /keep/file && touch /keep/other
            RUN --mount=type=cache,target=/cache --mount=type=tmpfs,target=/memory/deep touch /cache/kept /memory/deep/lost
            RUN --mount=type=cache,target=/cache,id=/cache test -e /cache/kept && test ! -e /memory/deep/lost
            """)
        let tree = try bed.tree(built)
        #expect(try SystemFile.names(in: tree) == ["bin", "keep"])
        #expect(try SystemFile.names(in: tree + "/keep") == ["other"])
    }

    /// Documents in the Containerfile: the shell's, a program's own, and files.
    @Test func hereDocuments() throws {
        let built = try bed.build(
            """
            FROM busybox
            ARG who=you
            RUN <<EOF
            a=1
            echo $a$who > /shell
            EOF
            RUN <<EOF
            #!/bin/cat
            me
            EOF
            COPY <<one <<"two" /files/
            $who
            one
            $who
            two
            RUN cat <<EOF > /piped
            piped
            EOF
            """)
        let tree = try bed.tree(built)
        #expect(try text(tree + "/shell") == "1you\n")
        #expect(try text(tree + "/files/one") == "you\n" && text(tree + "/files/two") == "$who\n")
        #expect(try text(tree + "/piped") == "piped\n")
        #expect(!SystemFile.exists(tree + "/dev/pipes"))
    }

    /// Stages: only what is needed is built, files go from one to the next with their owners.
    @Test func stages() throws {
        let built = try bed.build(
            """
            FROM nowhere AS unused
            FROM busybox AS one
            RUN mkdir -p /out/d && echo a > /out/d/f && chown -R 7:8 /out && ln -s d /out/l && ln /out/d/f /out/h
            ONBUILD RUN touch /triggered
            FROM scratch
            COPY --from=one /out /out
            COPY --from=0x /out/d/f /x
            """.replacing("COPY --from=0x /out/d/f /x", with: "COPY --from=1 --chown=3 --chmod=4711 /out/l/f /x"))
        let tree = try bed.tree(built)
        #expect(try bed.status(tree + "/out/d/f").st_uid == 7 && bed.status(tree + "/out/d").st_gid == 8)
        #expect(try bed.status(tree + "/out/h").st_ino == bed.status(tree + "/out/d/f").st_ino)
        let status = try bed.status(tree + "/x")
        #expect(status.st_uid == 3 && status.st_gid == 3 && status.st_mode & 0o7777 == 0o4711)
        let child = try bed.build("FROM busybox AS a\nONBUILD RUN touch /triggered\nFROM a\nRUN test -e /triggered")
        #expect(SystemFile.exists(try bed.tree(child) + "/triggered"))
    }

    // MARK: - Files

    /// COPY's rules for places: directories' content, names, patterns, links.
    @Test func places() throws {
        try bed.write("d/a", "a")
        try bed.write("d/sub/b", "b")
        try bed.write("x1.c")
        try bed.write("x2.c")
        try bed.write("y.h", "y")
        symlink("d", bed.context + "/link")
        symlink("a", bed.context + "/d/inner")
        let built = try bed.build(
            """
            FROM scratch
            COPY d /d
            COPY d /into/
            COPY link /link/
            COPY x?.c y.[h] /files/
            COPY y.h /renamed
            COPY y.h /d
            COPY y.h d/sub /d2/
            WORKDIR /w
            COPY d/a .
            COPY . /all
            """)
        let tree = try bed.tree(built)
        #expect(try SystemFile.names(in: tree + "/d") == ["a", "inner", "sub", "y.h"])
        #expect(try SystemFile.names(in: tree + "/into") == ["a", "inner", "sub"])
        #expect(try SystemFile.names(in: tree + "/link") == ["a", "inner", "sub"])
        #expect(try SystemFile.names(in: tree + "/files") == ["x1.c", "x2.c", "y.h"])
        #expect(try SystemFile.names(in: tree + "/d2") == ["b", "y.h"])
        #expect(try text(tree + "/renamed") == "y" && text(tree + "/w/a") == "a")
        #expect(try bed.status(tree + "/d/inner").st_mode & S_IFMT == S_IFLNK)
        #expect(try SystemFile.names(in: tree + "/all") == ["Containerfile", "d", "link", "x1.c", "x2.c", "y.h"])
    }

    /// Neither the context's links nor the image's lead to the host.
    @Test func linksLeadNowhereElse() throws {
        let outside = bed.directory + "/outside"
        try SystemFile.makeDirectories(outside)
        try SystemFile.replace(outside + "/secret", with: Array("secret".utf8))
        symlink(outside, bed.context + "/absolute")
        symlink("../outside", bed.context + "/upwards")
        symlink("../outside/secret", bed.context + "/file")
        try bed.write("f", "f")
        for source in ["absolute/secret", "upwards/secret", "file", "../outside/secret", "absolute/*"] {
            #expect(throws: BuildError.self, "\(source)") { try bed.build("FROM scratch\nCOPY \(source) /x") }
        }
        let built = try bed.build(
            """
            FROM busybox
            RUN mkdir -p \(outside) && ln -s \(outside) /absolute && ln -s ../../../..\(outside) /upwards
            RUN ln -s \(outside)/file /file && ln -s /nowhere /dangling
            COPY f /absolute/
            COPY f /upwards/g
            COPY f /file
            COPY f /dangling
            WORKDIR /absolute/w
            """)
        #expect(try SystemFile.names(in: outside) == ["secret"])
        let tree = try bed.tree(built)
        #expect(try SystemFile.names(in: tree + outside) == ["f", "file", "g", "w"])
        #expect(try bed.status(tree + "/dangling").st_mode & S_IFMT == S_IFLNK)
        #expect(try text(tree + "/nowhere") == "f")
    }

    /// A Containerfile or an ignore file that is a link out of the context is not read, by whatever way it is named: its first words
    /// would be printed. One that stays inside is.
    @Test func namedFilesStayInside() throws {
        let secret = bed.directory + "/secret"
        try SystemFile.replace(secret, with: Array("SECRET of the host\n".utf8))
        try bed.write("real", "FROM scratch\nCOPY real /x\n")
        /// What is said where it is refused.
        func refusal(_ file: String? = nil) -> String {
            do { _ = try BuildContext(directory: bed.context, file: file) } catch { return "\(error)" }
            return ""
        }
        for (name, file) in [
            ("Containerfile", nil), ("Dockerfile", nil), ("other", "other"), ("other", bed.context + "/other"),
            ("d/other", "d/other"),
        ] {
            for target in [secret, "../secret", "/proc/self/root\(secret)", "/dev/zero"] {
                let path = "\(bed.context)/\(name)"
                try SystemFile.makeDirectories(bed.context + "/d")
                #expect(symlink(target, path) == 0)
                let told = refusal(file)
                #expect(!told.contains("SECRET") && told.contains("context"), "\(name) to \(target): \(told)")
                #expect(unlink(path) == 0)
            }
        }
        #expect(symlink("real", bed.context + "/Containerfile") == 0)
        #expect(refusal() == "")
        for name in [".dockerignore", "Containerfile.containerignore"] {
            #expect(symlink(secret, "\(bed.context)/\(name)") == 0)
            let told = refusal()
            #expect(!told.contains("SECRET") && told.contains("context"), "\(name): \(told)")
            #expect(unlink("\(bed.context)/\(name)") == 0)
        }
        // A file that the user names elsewhere is his choice.
        try SystemFile.replace(secret, with: Array("FROM scratch\n".utf8))
        #expect(refusal(secret) == "")
    }

    /// A directory's content is copied, not the directory: a destination that is made for it is one as any other.
    @Test func contentOnly() throws {
        try bed.write("d/sub/a", "a")
        chmod(bed.context + "/d", 0o700)
        chmod(bed.context + "/d/sub", 0o1750)
        let tree = try bed.tree(
            bed.build("FROM scratch\nCOPY d /x\nCOPY --chown=3:4 --chmod=600 d /y/\nCOPY --chmod=711 d/sub/a /x/"))
        #expect(try bed.status(tree + "/x").st_mode & 0o7777 == 0o755)
        #expect(try bed.status(tree + "/x/sub").st_mode & 0o7777 == 0o1750)
        let made = try bed.status(tree + "/y")
        #expect(made.st_mode & 0o7777 == 0o755 && made.st_uid == 3 && made.st_gid == 4)
        #expect(try bed.status(tree + "/y/sub").st_mode & 0o7777 == 0o600)
        #expect(try bed.status(tree + "/x/a").st_mode & 0o7777 == 0o711)
    }

    /// A link of the image to what is not there yet leads where that will be, and one that leads to itself nowhere.
    @Test func linksToBeMade() throws {
        try bed.write("f", "f")
        let links = "FROM busybox\nRUN ln -s ../run /var/run && ln -s b /a && ln -s a /b && ln -s c/d /e\n"
        let tree = try bed.tree(
            bed.build(links + "COPY f /var/run/x/\nCOPY f /e\nWORKDIR /var/run/y\nRUN ln -s /e /etc/f\nCOPY f /etc/"))
        // A link that is named is written through; one that only has the name of what comes into its directory is replaced.
        #expect(try bed.status(tree + "/etc/f").st_mode & S_IFMT == S_IFREG)
        #expect(try bed.status(tree + "/e").st_mode & S_IFMT == S_IFLNK)
        #expect(try text(tree + "/run/x/f") == "f" && text(tree + "/c/d") == "f")
        #expect(try SystemFile.names(in: tree + "/run") == ["x", "y"])
        #expect(throws: BuildError.self) { try bed.build(links + "COPY f /a/b/") }
    }

    /// A pattern that finds a link to nothing has found something that cannot be copied; an ignored one was not found.
    @Test func danglingSources() throws {
        try bed.write("d/a", "a")
        symlink("nothing", bed.context + "/d/l")
        #expect(throws: BuildError.self) { try bed.build("FROM scratch\nCOPY d/* /x/") }
        try bed.write(".dockerignore", "d/l")
        let tree = try bed.tree(bed.build("FROM scratch\nCOPY d/* /x/"))
        #expect(try SystemFile.names(in: tree + "/x") == ["a"])
    }

    /// ADD unpacks what is an archive by its content, whatever its name, and copies the rest.
    @Test(arguments: ["cf", "czf", "cJf", "cjf"]) func archives(how: String) throws {
        try bed.write("in/dir/file", "x")
        try bed.shell(
            "chown 5:6 context/in/dir/file && tar -C context/in -\(how) context/archive dir && rm -r context/in")
        try bed.write("not.tar", "not an image archive")
        let built = try bed.build(
            "FROM scratch\nADD archive /a/\nADD not.tar /b/\nCOPY archive /c/\nADD --chown=7:8 archive /d/")
        let tree = try bed.tree(built)
        #expect(try text(tree + "/a/dir/file") == "x" && bed.status(tree + "/a/dir/file").st_uid == 5)
        for path in ["/d", "/d/dir", "/d/dir/file"] {
            let status = try bed.status(tree + path)
            #expect(status.st_uid == 7 && status.st_gid == 8, "\(path)")
        }
        #expect(throws: BuildError.self) { try bed.build("FROM scratch\nADD --chmod=600 archive /a/") }
        #expect(try SystemFile.names(in: tree + "/b") == ["not.tar"])
        #expect(try SystemFile.names(in: tree + "/c") == ["archive"])
    }

    /// An archive that would lead outside of the image is refused, and nothing of it is there.
    @Test func hostileArchive() throws {
        let outside = bed.directory + "/outside"
        try SystemFile.makeDirectories(outside)
        try bed.shell(
            "echo x > file && tar -P --transform 's,file,../../../..\(outside)/file,' -cf context/archive file")
        #expect(throws: BuildError.self) { try bed.build("FROM scratch\nADD archive /a/") }
        #expect(try SystemFile.names(in: outside).isEmpty)
        #expect(bed.leftovers.isEmpty)
    }

    /// What is ignored is not there: neither copied whole nor by name.
    @Test func ignoreFile() throws {
        for path in ["a.log", "keep.log", "d/b.log", "d/keep/c.log", "e/f", "x"] { try bed.write(path) }
        try bed.write(".dockerignore", "**/*.log\n!keep.log\nd\n!d/keep\ne\nContainerfile\n.dockerignore\n")
        try bed.shell("chmod 1777 context/d")
        let built = try bed.build("FROM scratch\nCOPY . /\n")
        let tree = try bed.tree(built)
        let found = try bed.shell("cd \(tree) && find . | sort")
        #expect(found == ".\n./d\n./d/keep\n./d/keep/c.log\n./keep.log\n./x\n")
        // A directory that is there for an exception below is the context's own, as BuildKit sends it.
        #expect(try bed.shell("stat -c %a \(tree)/d") == "1777\n")
        let named = try #require(throws: BuildError.self) { try bed.build("FROM scratch\nCOPY e/f /") }
        #expect("\(named)".contains("e/f: is left out of the context") && "\(named)".contains(".dockerignore:5: e"))
        let matched = try #require(throws: BuildError.self) { try bed.build("FROM scratch\nCOPY e/f* /") }
        #expect("\(matched)".contains("matches nothing") && "\(matched)".contains(".dockerignore:5: e"))
        let absent = try #require(throws: BuildError.self) { try bed.build("FROM scratch\nCOPY *.txt /") }
        #expect("\(absent)".contains("matches nothing") && !"\(absent)".contains("ignore"))
        try bed.write(".containerignore", "x\n")
        #expect(SystemFile.exists(try bed.tree(bed.build("FROM scratch\nCOPY . /")) + "/e/f"))
    }

    // MARK: - Mistakes

    /// What only doing finds is told with its line.
    @Test(arguments: [
        "COPY none /", "COPY --from=busybox /none /", "COPY --chown=nobody2 Containerfile /", "USER nobody2\nRUN true",
        "COPY Containerfile /bin/sh/x", "ADD --chown=1 none /", "RUN [\"/none\"]", "COPY --from=none / /",
    ])
    func mistakes(instruction: String) throws {
        let error = try #require(throws: BuildError.self) { try bed.build("FROM busybox\n\(instruction)\n") }
        #expect("\(error)".contains("Containerfile:"), "\(error)")
        #expect(!"\(error)".contains("\n"))
        #expect(bed.leftovers.isEmpty)
    }

    @Test func missingBase() throws {
        let error = try #require(throws: BuildError.self) { try bed.build("FROM none\n") }
        #expect("\(error)".contains("Containerfile:1: FROM: ") && "\(error)".contains("isolab pull none"), "\(error)")
        let copied = try #require(throws: BuildError.self) { try bed.build("FROM busybox\nCOPY --from=none / /\n") }
        #expect("\(copied)".contains("Containerfile:2: COPY: there is no stage 'none'"), "\(copied)")
    }

    /// Limits bind: a command's memory is its cgroup's.
    @Test func limits() throws {
        var options = BuildOptions()
        options.processCount = 4
        #expect(throws: BuildError.self) {
            try bed.build("FROM busybox\nRUN for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; wait", options)
        }
    }
}
