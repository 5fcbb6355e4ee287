import Building
import Glibc
import Images
import Layers
import Linux
import OCI
import Testing

/// The same Containerfile built by podman (buildah) and by isolab is the same image.
@Suite(
    .enabled(if: TestHost.canBuild, TestHost.reason),
    .enabled(if: TestHost.has("podman"), "needs podman"))
struct PodmanTests {
    let bed: BuildBed

    init() throws { bed = try BuildBed() }

    private static let containerfile = """
        FROM scratch AS one
        COPY busybox /bin/busybox
        RUN ["/bin/busybox", "--install", "-s", "/bin"]
        RUN mkdir -p /etc /x/y && echo 'me:x:5:6::/:/bin/sh' > /etc/passwd && echo hi > /x/y/f && chown 5:6 /x/y/f
        ARG V=1
        ENV E=$V F="a b"
        WORKDIR /w
        COPY d ./d2
        COPY d/a d/sub /w/files/
        COPY --chown=me:7 --chmod=755 keep.log /k
        COPY . /all
        LABEL a=b
        EXPOSE 80/tcp
        FROM one
        COPY --from=one /x /x2
        ADD archive.tar /unpacked/
        RUN rm -r /x && ln /k /k2 && touch /w/d2/new
        USER me
        VOLUME /v
        STOPSIGNAL SIGINT
        ENTRYPOINT ["/bin/sh"]
        CMD ["-c", "echo $E"]
        """

    private var podman: String {
        "podman --root \(bed.directory)/p/root --runroot \(bed.directory)/p/run --storage-driver=vfs"
    }

    /// What it mounts on in every container.
    private static let stubs = [
        "./dev ", "./proc ", "./run ", "./sys ", "./etc/hostname ", "./etc/hosts ", "./etc/resolv.conf ",
    ]

    /// - Returns: where its image is mounted.
    private func buildByPodman(_ options: String = "") throws -> String {
        try bed.shell(
            """
            \(podman) --cgroup-manager=cgroupfs build -q --format=docker --network=host --isolation=chroot \
            --ulimit nofile=1024:4000 --ulimit nproc=1024:4000 \(options) -t w context 2>&1 || exit 1
            """)
        return try bed.shell("\(podman) image mount w").trimmed
    }

    private func listing(_ tree: String) throws -> [Substring] {
        try bed.shell(
            "cd \(tree) && find . -mindepth 1 -printf '%p %y %m %U:%G %l ' \\( -type f -printf '%s' -o -true \\) -printf '\\n' | sort"
        ).split(separator: "\n")
    }

    /// Instructions that begin like JSON and are none, stages of one name, what `RUN --mount` shows, an archive with an entry for
    /// its own root: the same files and the same command.
    @Test func sameForms() throws {
        try bed.shell("cp \(TestHost.busybox ?? "") context/busybox; echo data > context/a; echo s3cr3t > key")
        try bed.shell("mkdir r && chmod 750 r && chown 1000:1000 r && touch r/f && tar -C r -cf context/r.tar .")
        let containerfile = """
            FROM scratch AS a
            COPY busybox /bin/busybox
            RUN ["/bin/busybox", "--install", "-s", "/bin"]
            RUN mkdir -p /etc
            FROM a AS made
            RUN mkdir /out && echo stage > /out/s
            FROM a AS b
            RUN echo 1 > /one
            FROM a AS b
            RUN echo 2 > /two
            FROM a
            RUN [ -d /bin ] && true
            ADD r.tar /
            COPY --from=b /two /two
            RUN --mount=type=bind,target=/ctx cat /ctx/a > /copied
            RUN --mount=type=bind,from=made,source=/out,target=/made cp /made/s /s
            RUN --mount=type=secret,id=k cat /run/secrets/k | tr a-z A-Z > /shown
            CMD [ -d /bin ]
            """
        var options = BuildOptions()
        options.secrets = [BuildSecret(identifier: "k", source: .file(bed.directory + "/key"))]
        let built = try bed.build(containerfile, options)
        let theirs = try buildByPodman("--secret id=k,src=\(bed.directory)/key")
        defer { _ = try? bed.shell("\(podman) image umount -a; \(podman) rmi -af") }
        // It leaves the places of its mounts.
        let expected = try listing(theirs).filter { line in
            !(Self.stubs + ["./run/", "./ctx ", "./made "]).contains { line.hasPrefix($0) }
        }
        let found = try listing(try bed.tree(built))
        #expect(found == expected && found.count > 100, "\(Set(found).symmetricDifference(expected).sorted())")
        #expect(
            try bed.shell("\(podman) inspect --format '{{.Config.Cmd}}' w").trimmed
                == "[\(try bed.image(built).configuration.execution.command.joined(separator: " "))]")
    }

    /// What RUN writes below a VOLUME stays, as with BuildKit and buildah since `--compat-volumes` is an option; older ones, as
    /// docker's first builder, drop that, and keep what COPY writes there.
    @Test func volumes() throws {
        try bed.shell("cp \(TestHost.busybox ?? "") context/busybox; echo data > context/a")
        let containerfile = """
            FROM scratch
            COPY busybox /bin/busybox
            RUN ["/bin/busybox", "--install", "-s", "/bin"]
            RUN mkdir -p /etc /v /new && echo 0 > /v/before && chmod 700 /v
            VOLUME /v /new
            RUN echo 1 > /v/run && echo changed > /v/before && echo n > /new/n && echo o > /outside
            COPY a /v/copied
            RUN rm /v/before && echo 2 > /v/again && chmod 755 /v
            """
        let found = try listing(try bed.tree(try bed.build(containerfile)))
        let theirs = try buildByPodman()
        defer { _ = try? bed.shell("\(podman) image umount -a; \(podman) rmi -af") }
        let expected = try listing(theirs).filter { line in !Self.stubs.contains { line.hasPrefix($0) } }
        func below(_ listing: [Substring]) -> [String] {
            listing.filter { $0.hasPrefix("./v") || $0.hasPrefix("./new") }.map {
                String($0.prefix { $0 != " " })
            }
        }
        #expect(below(found) == ["./new", "./new/n", "./v", "./v/again", "./v/copied", "./v/run"])
        if try !bed.shell("podman build --help").contains("--compat-volumes") {
            #expect(below(expected) == ["./new", "./v", "./v/before", "./v/copied"])
            let isOutside = { (line: Substring) in !line.hasPrefix("./v") && !line.hasPrefix("./new") }
            #expect(found.filter(isOutside) == expected.filter(isOutside))
        } else {
            #expect(found == expected, "\(Set(found).symmetricDifference(expected).sorted())")
        }
    }

    /// Equal files, permissions, owners and settings; but for what podman mounts on, and the label it adds.
    @Test func sameImage() throws {
        try bed.shell("cp \(TestHost.busybox ?? "") context/busybox")
        try bed.write("d/a", "a\n", mode: 0o640)
        try bed.write("d/sub/b", "b\n")
        symlink("a", bed.context + "/d/l")
        try bed.write(".dockerignore", "*.log\n!keep.log\nContainerfile*\n")
        try bed.write("x.log")
        try bed.write("keep.log")
        try bed.shell("cd context && tar -cf archive.tar d && chmod 644 archive.tar")
        let built = try bed.build(Self.containerfile)
        let ours = try bed.tree(built)

        let podman = self.podman
        let theirs = try buildByPodman()
        defer { _ = try? bed.shell("\(podman) image umount -a; \(podman) rmi -af") }
        let expected = try listing(theirs).filter { line in !Self.stubs.contains { line.hasPrefix($0) } }
        let found = try listing(ours)
        #expect(expected.count > 100)
        #expect(found == expected, "\(Set(found).symmetricDifference(expected).sorted())")

        let settings = try bed.shell(
            "\(podman) inspect --format '{{.Config.Env}} {{.Config.Entrypoint}} {{.Config.Cmd}} {{.Config.User}} {{.Config.WorkingDir}} {{.Config.StopSignal}} {{.Config.ExposedPorts}} {{.Config.Volumes}}' w"
        ).trimmed
        let execution = try bed.image(built).configuration.execution
        func list(_ words: [String]) -> String { "[\(words.joined(separator: " "))]" }
        func map(_ keys: some Sequence<String>) -> String {
            "map[\(keys.sorted().map { "\($0):{}" }.joined(separator: " "))]"
        }
        let own = [
            list(execution.environment), list(execution.entrypoint), list(execution.command), execution.user ?? "",
            execution.workingDirectory ?? "", execution.stopSignal ?? "", map(execution.exposedPorts.keys),
            map(execution.volumes.keys),
        ].joined(separator: " ")
        #expect(own == settings)
    }
}

extension String {
    fileprivate var trimmed: String { split(separator: "\n").first.map(String.init) ?? "" }
}
