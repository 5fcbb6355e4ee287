import Glibc
import Linux
import OCI
import Testing

/// config.md, "Mounts"; config-linux.md, "Masked Paths", "Readonly Paths", "Rootfs Mount Propagation".
@Suite(.enabled(if: TestHost.canRun, TestHost.reason)) struct MountTests {
    let engine: Engine

    init() throws { engine = try Engine() }

    /// A directory of the host's with a file in it.
    private func shared(_ name: String = "shared") throws -> String {
        let path = "\(engine.place)/\(name)"
        try SystemFile.makeDirectories(path)
        try engine.write("fromhost\n", to: path + "/file")
        return path
    }

    /// `ro` holds for the mount alone, `rro` for those below it too; `rbind` brings them along, `bind` does not.
    @Test func readOnlyAndRecursive() throws {
        let shared = try shared()
        try SystemFile.makeDirectories(shared + "/below")
        // A tree with a mount in it, made in a namespace of its own.
        let bundle = try engine.bundle(
            engine.configuration(
                """
                for d in plain ro rro bind; do touch /mnt/$d/x 2>/dev/null && echo $d up; \
                touch /mnt/$d/below/x 2>/dev/null && echo $d down; test -e /mnt/$d/below/mark && echo $d mark; done; true
                """
            ) {
                for (name, options) in [
                    ("plain", ["rbind"]), ("ro", ["rbind", "ro"]), ("rro", ["rbind", "rro"]), ("bind", ["bind", "ro"]),
                ] {
                    $0.mounts.append(
                        .init(destination: "/mnt/\(name)", type: "bind", source: shared, options: options))
                }
            })
        let answer = try engine.shell(
            "unshare -m --propagation private sh -c 'mount -t tmpfs none \(shared)/below && touch \(shared)/below/mark && $runtime run --bundle \(bundle) \(engine.name())'"
        )
        #expect(answer.status == 0, "\(answer.complaints)")
        #expect(
            answer.output.split(separator: "\n") == [
                "plain up", "plain down", "plain mark", "ro down", "ro mark", "rro mark",
            ])
    }

    /// Flags of mount(2) and their recursive forms show in the container's mount table.
    @Test func flags() throws {
        let shared = try shared()
        let answer = try engine.run("cat /proc/self/mountinfo") {
            $0.mounts += [
                .init(
                    destination: "/mnt/a", type: "bind", source: shared,
                    options: ["rbind", "nosuid", "nodev", "noexec", "noatime"]),
                .init(
                    destination: "/mnt/b", type: "tmpfs", source: "tmpfs",
                    options: ["nosuid", "noexec", "nodiratime", "size=64k", "mode=700"]),
                .init(destination: "/mnt/c", type: "bind", source: shared, options: ["rbind", "nosymfollow"]),
                .init(
                    destination: "/mnt/d", type: "bind", source: shared,
                    options: ["rbind", "rnosuid", "rnoexec", "rnodev", "rnosymfollow"]),
            ]
        }
        func line(_ path: String) -> Set<String> {
            let fields = answer.output.split(separator: "\n").map { $0.split(separator: " ") }.first {
                $0.count > 5 && $0[4] == path
            }
            return Set((fields?[5] ?? "").split(separator: ",").map(String.init))
        }
        #expect(line("/mnt/a").isSuperset(of: ["rw", "nosuid", "nodev", "noexec", "noatime"]))
        #expect(line("/mnt/b").isSuperset(of: ["nosuid", "noexec", "nodiratime"]))
        #expect(line("/mnt/c").contains("nosymfollow"))
        #expect(line("/mnt/d").isSuperset(of: ["nosuid", "nodev", "noexec", "nosymfollow"]))
        #expect(answer.output.contains("size=64k"))
    }

    /// `nosymfollow`: a link on such a mount is not followed.
    @Test func linksAreNotFollowed() throws {
        let shared = try shared()
        symlink("file", shared + "/link")
        let answer = try engine.run("cat /mnt/a/file /mnt/a/link") {
            $0.mounts.append(
                .init(destination: "/mnt/a", type: "bind", source: shared, options: ["rbind", "nosymfollow"]))
        }
        #expect(answer.output == "fromhost\n")
        #expect(answer.complaints.contains("/mnt/a/link"))
    }

    /// Propagation: a shared mount passes on what the container mounts below it, a follower takes what the host mounts,
    /// a private one neither.
    @Test func propagation() throws {
        let shared = try shared()
        for name in ["s", "f", "p"] { try SystemFile.makeDirectories("\(shared)/\(name)") }
        let bundle = try engine.bundle(
            engine.configuration(
                """
                mkdir /mnt/s/in /mnt/p/in; mount -t tmpfs none /mnt/s/in; mount -t tmpfs none /mnt/p/in
                echo mounted; while ! test -e /mnt/f/go; do sleep 0.01; done
                test -e /mnt/f/out/mark && echo follower; test -e /mnt/p/out/mark && echo private; true
                """
            ) {
                $0.process?.capabilities?.bounding.append("CAP_SYS_ADMIN")
                $0.process?.capabilities?.effective.append("CAP_SYS_ADMIN")
                $0.process?.capabilities?.permitted.append("CAP_SYS_ADMIN")
                for (name, option) in [("s", "rshared"), ("f", "rslave"), ("p", "rprivate")] {
                    $0.mounts.append(
                        .init(
                            destination: "/mnt/\(name)", type: "bind", source: "\(shared)/\(name)",
                            options: ["rbind", option]))
                }
            })
        let answer = try engine.shell(
            """
            unshare -m --propagation private sh -c '
            mount --bind \(shared) \(shared) && mount --make-shared \(shared)
            $runtime run --bundle \(bundle) \(engine.name()) > $place/said &
            while ! grep -q mounted $place/said; do sleep 0.01; done
            grep -c " \(shared)/s/in " /proc/self/mountinfo; grep -c " \(shared)/p/in " /proc/self/mountinfo
            for d in f p; do mkdir \(shared)/$d/out; mount -t tmpfs none \(shared)/$d/out; touch \(shared)/$d/out/mark; done
            touch \(shared)/f/go; wait; cat $place/said'
            """)
        #expect(answer.output == "1\n0\nmounted\nfollower\n", "\(answer.complaints)")
    }

    /// `tmpcopyup`: what the image has at the place is in the tmpfs: content, modes, owners, links, directories, devices.
    @Test func copyUp() throws {
        let from = engine.rootfs + "/etc/conf"
        try SystemFile.makeDirectories(from + "/sub/deeper")
        try engine.write("content\n", to: from + "/sub/deeper/file", mode: 0o640)
        try engine.write(String(repeating: "x", count: 100_000), to: from + "/large", mode: 0o4755)
        chown(from + "/sub/deeper/file", 12, 34)
        chmod(from + "/sub", 0o1711)
        symlink("sub/deeper/file", from + "/link")
        symlink("/nowhere", from + "/dangling")
        mkfifo(from + "/fifo", 0o600)
        chown(from, 5, 6)
        chmod(from, 0o750)
        let answer = try engine.run(
            """
            cat /etc/conf/link; cd /etc/conf; stat -c '%n %a %u %g %F' . sub sub/deeper/file large fifo
            readlink dangling; wc -c < large; echo changed > sub/deeper/file; touch new
            """
        ) {
            $0.mounts.append(
                .init(destination: "/etc/conf", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup", "nosuid"]))
        }
        #expect(
            answer.output == """
                content
                . 750 5 6 directory
                sub 1711 0 0 directory
                sub/deeper/file 640 12 34 regular file
                large 4755 0 0 regular file
                fifo 600 0 0 fifo
                /nowhere
                100000

                """, "\(answer.complaints)")
        // The image is as it was.
        #expect(Engine.text(from + "/sub/deeper/file") == "content\n")
        #expect(!SystemFile.exists(from + "/new"))
    }

    /// Idmapped mounts, by mappings of the mount and by the container's own (`idmap`): owners are shifted inside, and what
    /// is made inside belongs to the shifted ids outside.
    @Test(arguments: ["own", "idmap", "ridmap"]) func identityMapped(way: String) throws {
        let shared = try shared()
        chown(shared, 0, 0)
        chmod(shared, 0o777)
        // The container's root could not make it: the image is not its own.
        try SystemFile.makeDirectories(engine.rootfs + "/mnt/a")
        let mapping = RuntimeConfiguration.IDMapping(containerID: 0, hostID: 100_000, size: 65536)
        let answer = try engine.run("stat -c '%u %g' /mnt/a/file; touch /mnt/a/new && stat -c '%u' /mnt/a/new") {
            var mount = RuntimeConfiguration.Mount(
                destination: "/mnt/a", type: "bind", source: shared, options: ["rbind"])
            if way == "own" {
                mount.uidMappings = [mapping]
                mount.gidMappings = [mapping]
            } else {
                mount.options.append(way)
            }
            if way != "own" {
                $0.linux?.namespaces.append(.init(.user))
                $0.linux?.uidMappings = [mapping]
                $0.linux?.gidMappings = [mapping]
                $0.linux?.sysctl = [:]
                chmod(engine.place, 0o755)
            } else {
                $0.process?.user = .init(uid: 100_000, gid: 100_000)
            }
            $0.mounts.append(mount)
        }
        #expect(answer.status == 0, "\(answer.complaints)")
        // Root's file outside is, through the map, id 100 000 to the kernel: id 0 of the container's user namespace.
        #expect(answer.output == (way == "own" ? "100000 100000\n100000\n" : "0 0\n0\n"))
        var status = Glibc.stat()
        #expect(stat(shared + "/new", &status) == 0)
        #expect(status.st_uid == 0)
    }

    /// A relative destination is taken from the root, with a warning (deprecated since 1.1).
    @Test func relativeDestination() throws {
        let answer = try engine.run("cat /mnt/rel/file") {
            $0.mounts.append(.init(destination: "mnt/rel", type: "bind", source: try shared(), options: ["bind"]))
        }
        #expect(answer.output == "fromhost\n")
        #expect(answer.complaints.contains("mounts[7].destination"))
    }

    /// A file is bound where the image has nothing, also by way of links: the dangling one's target is made inside the
    /// root, however far its dots reach.
    @Test func targetsThatAreMissing() throws {
        let shared = try shared()
        symlink("/run/../run/stub/resolv.conf", engine.rootfs + "/etc/resolv.conf")
        symlink("../../../../../../escape/deep/file", engine.rootfs + "/etc/dots")
        symlink("/", engine.rootfs + "/etc/top")
        let answer = try engine.run(
            "cat /etc/resolv.conf /run/stub/resolv.conf /etc/dots /escape/deep/file /new/dir/file /top/file"
        ) {
            for destination in ["/etc/resolv.conf", "/etc/dots", "/new/dir/file", "/etc/top/top/file"] {
                $0.mounts.append(
                    .init(destination: destination, type: "bind", source: shared + "/file", options: ["bind"]))
            }
        }
        #expect(answer.output == String(repeating: "fromhost\n", count: 6), "\(answer.complaints)")
        for path in ["/escape", "/run/stub", "/new", "/top"] { #expect(!SystemFile.exists(path)) }
        #expect(SystemFile.exists(engine.rootfs + "/escape/deep/file"))
    }

    /// Links that go in a circle end in an error, not in a loop.
    @Test func linksInACircle() throws {
        symlink("b", engine.rootfs + "/a")
        symlink("a", engine.rootfs + "/b")
        let (container, answer) = try engine.create(
            engine.configuration("true") {
                $0.mounts.append(.init(destination: "/a/x", type: "tmpfs", source: "tmpfs"))
            })
        #expect(answer.status == 1)
        #expect(answer.complaints.contains("/a/x"))
        #expect(engine.traces(of: container.id) == [])
    }

    /// A mount's order is the list's: a later one covers an earlier one.
    @Test func order() throws {
        let shared = try shared()
        let answer = try engine.run("ls /mnt/a; ls /mnt/a/b") {
            $0.mounts += [
                .init(destination: "/mnt/a", type: "tmpfs", source: "tmpfs"),
                .init(destination: "/mnt/a/b", type: "bind", source: shared, options: ["bind"]),
            ]
        }
        #expect(answer.output == "b\nfile\n")
    }

    /// Masked files read as empty, masked directories list as empty, read-only paths refuse; what is absent is passed over;
    /// a masked path that a link leads to is the target.
    @Test func maskedAndReadOnly() throws {
        try engine.write("secret\n", to: engine.rootfs + "/data/secret")
        try SystemFile.makeDirectories(engine.rootfs + "/data/directory")
        try engine.write("secret\n", to: engine.rootfs + "/data/directory/file")
        symlink("/data/secret", engine.rootfs + "/data/link")
        let answer = try engine.run(
            """
            cat /data/secret /data/link; ls -A /data/directory; wc -c < /proc/interrupts
            echo x > /data/secret; touch /data/directory/x; touch /tmp/x; touch /etc/x && echo wrong; echo 1 > /proc/sys/kernel/panic
            """
        ) {
            $0.linux?.maskedPaths += ["/data/link", "/data/directory", "/not/there"]
            $0.linux?.readonlyPaths += ["/etc", "/not/there"]
        }
        #expect(answer.output == "0\n")
        #expect(answer.complaints.contains("/data/directory/x: Read-only file system"))
        #expect(answer.complaints.contains("/etc/x: Read-only file system"))
        #expect(answer.complaints.contains("/proc/sys/kernel/panic: Read-only file system"))
        #expect(Engine.text(engine.rootfs + "/data/secret") == "secret\n")
    }

    /// `root.readonly`, and the propagation of the root.
    @Test func root() throws {
        let answer = try engine.run(
            "touch /x; touch /dev/x && echo dev; grep ' / / \\| / rw\\| / ro' /proc/self/mountinfo | head -1"
        ) {
            $0.root?.readonly = true
            $0.linux?.rootfsPropagation = "shared"
        }
        #expect(answer.complaints.contains("/x: Read-only file system"))
        #expect(answer.output.hasPrefix("dev\n"))
        #expect(answer.output.contains(" ro,"))
        #expect(answer.output.contains("shared:"))
    }

    /// `--no-pivot` moves the root instead, and the old one is out of reach all the same.
    @Test func noPivot() throws {
        let bundle = try engine.bundle(engine.configuration("ls /; ls /../../.. | wc -l; cat /proc/self/mountinfo"))
        let answer = try engine.call("run", "--no-pivot", "--bundle", bundle, engine.name())
        #expect(answer.status == 0, "\(answer.complaints)")
        #expect(answer.output.contains("data\n"))
        #expect(!answer.output.contains("boot\n"))
    }

    /// A relative source is the bundle's.
    @Test func relativeSource() throws {
        let configuration = engine.configuration("cat /mnt/a/file /mnt/b") {
            $0.mounts += [
                .init(destination: "/mnt/a", type: "bind", source: "own", options: ["rbind"]),
                .init(destination: "/mnt/b", type: "bind", source: "./own/file", options: ["bind", "ro"]),
            ]
        }
        let bundle = try engine.bundle(configuration)
        try SystemFile.makeDirectories(bundle + "/own")
        try engine.write("the bundle's\n", to: bundle + "/own/file")
        let answer = try engine.call("run", "--bundle", bundle, engine.name())
        #expect(answer.output == "the bundle's\nthe bundle's\n", "\(answer.complaints)")
    }

    /// A source below the root that a mount before it brings; with hooks too.
    @Test(arguments: [true, false]) func sourceByEarlierMount(withHooks: Bool) throws {
        let shared = try shared()
        let script = "cat /mnt/again/file /mnt/one; touch /mnt/again/x 2>/dev/null || echo ro; ls -A /mnt/t"
        let answer = try engine.run(script) {
            $0.mounts += [
                .init(destination: "/mnt/first", type: "bind", source: shared, options: ["rbind"]),
                .init(
                    destination: "/mnt/again", type: "bind", source: engine.rootfs + "/mnt/first",
                    options: ["rbind", "ro"]),
                .init(
                    destination: "/mnt/one", type: "bind", source: engine.rootfs + "/mnt/first/file", options: ["bind"]),
                .init(destination: "/mnt/tmp", type: "tmpfs", source: "tmpfs"),
                .init(destination: "/mnt/t", type: "bind", source: engine.rootfs + "/mnt/tmp", options: ["rbind"]),
            ]
            if withHooks { $0.hooks = .init(createContainer: [.init(path: "/bin/true")]) }
        }
        #expect(answer.output == "fromhost\nfromhost\nro\n", "\(answer.complaints)")
        #expect(!SystemFile.exists(shared + "/x"))
    }

    /// An overlay's layers are the host's, with hooks too, and however long their names are.
    @Test(arguments: [true, false], [true, false]) func overlay(withHooks: Bool, isLong: Bool) throws {
        let part = String(repeating: "long", count: 50)
        let shared = try shared(isLong ? "\(part)/\(part)" : "shared")
        for name in ["upper", "work"] { try SystemFile.makeDirectories("\(engine.place)/\(name)") }
        let answer = try engine.run("cat /mnt/o/file; echo new > /mnt/o/new") {
            $0.mounts.append(
                .init(
                    destination: "/mnt/o", type: "overlay", source: "overlay",
                    options: [
                        "lowerdir=\(shared)", "upperdir=\(engine.place)/upper", "workdir=\(engine.place)/work",
                    ]))
            if withHooks { $0.hooks = .init(createContainer: [.init(path: "/bin/true")]) }
        }
        #expect(answer.output == "fromhost\n", "\(answer.complaints)")
        #expect(Engine.text(engine.place + "/upper/new") == "new\n")
        #expect(try SystemFile.names(in: shared) == ["file"])
    }

    /// A tmpfs has the mode of the directory that it covers, where its options name none.
    @Test(arguments: [(0o700, [], "700"), (0o1777, ["size=64k"], "1777"), (0o700, ["mode=751"], "751")])
    func modeOfTmpfs(mode: UInt32, options: [String], expected: String) throws {
        try SystemFile.makeDirectories(engine.rootfs + "/data/covered")
        chmod(engine.rootfs + "/data/covered", mode)
        let answer = try engine.run("stat -c %a /data/covered") {
            $0.mounts.append(.init(destination: "/data/covered", type: "tmpfs", source: "tmpfs", options: options))
        }
        #expect(answer.output == expected + "\n", "\(answer.complaints)")
    }

    /// The working directory is made where the image has none, in a root that will be read-only as well, through links inside.
    @Test(arguments: [true, false]) func workingDirectoryIsMade(readOnly: Bool) throws {
        symlink("/srv/deep", engine.rootfs + "/data/dangling")
        for (directory, place) in [("/new/work/here", "/new/work/here"), ("/data/dangling/x", "/srv/deep/x")] {
            let answer = try engine.run("pwd -P; touch x 2>/dev/null && echo written; true") {
                $0.process?.workingDirectory = directory
                $0.root?.readonly = readOnly
            }
            #expect(answer.output == place + "\n" + (readOnly ? "" : "written\n"), "\(answer.complaints)")
        }
    }

    /// The kernel's own file systems are known for what they are however their place is written.
    @Test func namesOfKernelFiles() throws {
        let script = "wc -c < /proc/interrupts; ls /sys/firmware | wc -l; echo 1 > /proc/sys/kernel/panic"
        let answer = try engine.run(script) {
            for index in $0.mounts.indices {
                if $0.mounts[index].destination == "/proc" { $0.mounts[index].destination = "//proc/." }
                if $0.mounts[index].destination == "/sys" { $0.mounts[index].destination = "/data/../sys/" }
            }
            $0.linux?.maskedPaths = ["//proc//interrupts", "/sys/./firmware"]
            $0.linux?.readonlyPaths = ["/proc/./sys"]
        }
        #expect(answer.output == "0\n0\n", "\(answer.complaints)")
        #expect(answer.complaints.contains("Read-only file system"))
    }

    /// A bind mount of nothing, an unknown file system and an option it refuses are told with the mount's destination.
    @Test func mountsThatFail() throws {
        for (mount, words) in [
            (
                RuntimeConfiguration.Mount(
                    destination: "/mnt/a", type: "bind", source: "/not/there", options: ["bind"]), ["/not/there"]
            ),
            (.init(destination: "/mnt/b", type: "nosuchfs", source: "none"), ["/mnt/b", "nosuchfs"]),
            (
                .init(destination: "/mnt/c", type: "tmpfs", source: "tmpfs", options: ["nonsense=1"]),
                ["/mnt/c", "nonsense"]
            ),
        ] {
            let (container, answer) = try engine.create(engine.configuration("true") { $0.mounts.append(mount) })
            #expect(answer.status == 1)
            for word in words { #expect(answer.complaints.contains(word), "\(answer.complaints)") }
            #expect(engine.traces(of: container.id) == [])
        }
    }
}
