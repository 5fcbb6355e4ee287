import Glibc
import Linux
import Testing

/// podman with isolab-runtime as its OCI runtime, as its users would: a session on an image of busybox.
@Suite(
    .serialized,
    .enabled(if: IsolabProgram.isRoot, "containers of podman's on this host need root"),
    .enabled(if: Podman.isInstalled, "podman and busybox-static are not installed"))
struct PodmanTests {
    /// A container runs to its end: its output, its exit status and its own view of itself come through, and nothing stays.
    @Test func runs() throws {
        let podman = try Podman()
        let result = try podman.run(
            "run --rm --cidfile ids $limits --network none --hostname inside isolab-test sh -c 'hostname; echo $$; id -u; exit 7'"
        )
        #expect(result.output == "inside\n1\n0\n", "\(result.complaints)")
        #expect(result.status == 7)
        #expect(try podman.run("ps -aq").output == "")
        #expect(podman.container.utf8.count == 64)
        #expect(podman.cgroups().isEmpty)
    }

    /// A program that is absent or may not be run is told by the status that podman's users know.
    @Test func refusals() throws {
        let podman = try Podman()
        let absent = try podman.run("run --rm $limits --network none isolab-test nosuch")
        #expect(absent.status == 127, "\(absent.complaints)")
        let directory = try podman.run("run --rm $limits --network none isolab-test /etc")
        #expect(directory.status == 126, "\(directory.complaints)")
        let empty = try podman.run("run --rm $limits --network none isolab-test ''")
        #expect(empty.status == 127, "\(empty.complaints)")
        _ = try podman.run("run -d --name one $limits --network none isolab-test sleep 1000")
        for (program, status) in [("''", 127), ("nosuch", 127), ("/etc", 126)] as [(String, Int32)] {
            let joined = try podman.run("exec one \(program)")
            #expect(joined.status == status, "\(program): \(joined.complaints)")
        }
    }

    /// A running container is joined, looked at, limited anew, paused, resumed and killed.
    @Test func session() throws {
        let podman = try Podman()
        let start = try podman.run(
            "run -d --cidfile ids --name one $limits --network none --memory 64m --cpus 0.5 --pids-limit 40 isolab-test sleep 1000"
        )
        #expect(start.status == 0, "\(start.complaints)")
        #expect(!podman.cgroups().isEmpty)
        #expect(try podman.run("exec one sh -c 'echo $$; exit 3'").status == 3)
        #expect(
            try podman.run("exec --user 5:6 --workdir /tmp -e A=b one sh -c 'id -u; id -g; pwd; echo $A'").output
                == "5\n6\n/tmp\nb\n")
        #expect(
            try podman.run("exec one cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max")
                .output.hasPrefix("67108864"))
        let stats = try podman.run("stats --no-stream --format '{{.PIDs}} {{.MemUsage}}' one")
        #expect(stats.output.contains("67.11MB"), "\(stats.complaints)")
        #expect(try podman.run("update --memory 32m one").status == 0)
        #expect(
            try podman.run("exec one cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max").output
                .hasPrefix("33554432"))
        #expect(try podman.run("pause one").status == 0)
        #expect(try podman.run("inspect --format '{{.State.Status}}' one").output == "paused\n")
        #expect(try podman.run("unpause one").status == 0)
        #expect(try podman.run("top one args").output.contains("sleep 1000"))
        #expect(try podman.run("kill --signal KILL one").status == 0)
        #expect(try podman.run("wait one").output == "137\n")
        #expect(try podman.run("rm one").status == 0)
        #expect(podman.cgroups().isEmpty)
    }

    /// A limit of memory kills what takes more.
    @Test func memoryLimit() throws {
        let podman = try Podman()
        let result = try podman.run(
            "run --name greedy $limits --network none --memory 8m isolab-test dd if=/dev/zero of=/dev/null bs=64M count=1"
        )
        #expect(result.status == 137, "\(result.complaints)")
    }

    /// A terminal: of its own devpts, in the size of the user's, for the first process and for one that joins.
    @Test func terminal() throws {
        let podman = try Podman()
        // podman sets the size once it is attached, which may be after the program has begun; busybox says of none that all is well.
        let size = "until stty size 2>/dev/null | grep '[1-9]'; do sleep 0.05; done"
        let line =
            "stty rows 31 cols 97; $podman run --rm -it $limits --network none isolab-test sh -c 'tty; \(size)'"
        let first = try podman.inTerminal(line)
        #expect(first.contains("/dev/pts/0"), "\(first)")
        #expect(first.contains("31 97"), "\(first)")
        _ = try podman.run("run -d --name two $limits --network none isolab-test sleep 1000")
        let joined = try podman.inTerminal("stty rows 30 cols 96; $podman exec -it two sh -c 'tty; \(size)'")
        #expect(joined.contains("/dev/pts/"), "\(joined)")
        #expect(joined.contains("30 96"), "\(joined)")
    }

    /// What podman's options ask of the runtime arrives: read-only root, volumes, user, capabilities, no_new_privs.
    @Test func options() throws {
        let podman = try Podman()
        let result = try podman.run(
            """
            run --rm $limits --network none --read-only --tmpfs /tmp -v $place:/given:ro --user 7:8 --cap-drop all \
            --security-opt no-new-privileges isolab-test sh -c \
            'touch /x /given/x; touch /tmp/x && echo writable; grep -E "CapBnd|NoNewPrivs" /proc/self/status; id -u'
            """)
        #expect(result.output.contains("writable"))
        #expect(result.output.contains("CapBnd:\t0000000000000000"))
        #expect(result.output.contains("NoNewPrivs:\t1"))
        #expect(result.output.hasSuffix("7\n"))
        #expect(result.complaints.contains("/x: Read-only file system"))
        #expect(result.complaints.contains("/given/x: Read-only file system"))
    }

    /// Every device of the host, beside a terminal of the container's own.
    @Test func privileged() throws {
        let podman = try Podman()
        let result = try podman.run("run --rm --privileged $limits --network none isolab-test ls /dev")
        #expect(result.status == 0, "\(result.complaints)")
        let names = result.output.split(separator: "\n")
        // An ordinary container has not twenty.
        #expect(names.count > 30 && names.contains("ptmx"), "\(result.output)")
    }

    /// A container begun again, and what is asked of one that joins it.
    @Test func restart() throws {
        let podman = try Podman()
        _ = try podman.run("run -d --name four $limits --network none isolab-test sleep 1000")
        #expect(try podman.run("restart -t 0 four").status == 0)
        #expect(try podman.run("exec four echo again").output == "again\n")
        #expect(try podman.run("exec -u 5 -e HOME=/x four sh -c 'echo $HOME; id -u'").output == "/x\n5\n")
        let absent = try podman.run("exec four nosuch")
        #expect(absent.status == 127, "\(absent.complaints)")
        let directory = try podman.run("exec four /etc")
        #expect(directory.status == 126, "\(directory.complaints)")
    }

    /// Root of the container is somebody else outside; a file system in memory is the container's root's.
    @Test func userNamespace() throws {
        let podman = try Podman()
        let result = try podman.run(
            """
            run --rm $limits --network none --uidmap 0:200000:2000 --gidmap 0:200000:2000 --tmpfs /tmp:size=1m \
            isolab-test sh -c 'id -u; cat /proc/self/uid_map; touch /tmp/x && ls -n /tmp; grep -c size=1024k /proc/mounts'
            """)
        let words = result.output.split(whereSeparator: \.isWhitespace).map(String.init)
        #expect(words.starts(with: ["0", "0", "200000", "2000"]), "\(result.output) \(result.complaints)")
        #expect(words.contains("x") && words.last == "1", "\(result.output)")
    }

    /// The default bridge network and a container that shares another's namespaces by their paths.
    @Test func sharedNamespaces() throws {
        let podman = try Podman()
        _ = try podman.run("run -d --name three $limits --network none isolab-test sleep 1000")
        let result = try podman.run(
            """
            run --rm $limits --network container:three --pid container:three --ipc container:three isolab-test \
            sh -c 'cat /proc/1/cmdline; ls /proc/self/ns >/dev/null'
            """)
        #expect(result.output.contains("sleep"), "\(result.complaints)")
        #expect(result.status == 0)
    }
}

/// podman with a storage of the test's own, removed with it.
final class Podman {
    static let isInstalled = access("/usr/bin/podman", X_OK) == 0 && access("/bin/busybox", X_OK) == 0
    let place: Place

    /// podman makes a cgroup for those who watch its containers, and leaves it.
    private static let leavesNothing: Void = {
        atexit {
            for hierarchy in ((try? SystemFile.names(in: "/sys/fs/cgroup")) ?? []) + [""] {
                rmdir("/sys/fs/cgroup/\(hierarchy)/libpod_parent/conmon")
                rmdir("/sys/fs/cgroup/\(hierarchy)/libpod_parent")
            }
        }
    }()

    /// With one image, `isolab-test`: busybox and what it is called by.
    init() throws {
        Self.leavesNothing
        place = try Place()
        let made = try IsolabProgram.shell(
            """
            set -e
            mkdir -p image/bin image/proc image/sys image/dev image/etc image/tmp
            cp /bin/busybox image/bin/busybox
            for name in sh cat dd echo grep hostname id ls pwd sleep stty touch tty; do
                ln -s busybox image/bin/$name
            done
            chmod 1777 image/tmp
            tar -C image -cf image.tar .
            \(Self.command(place)) import -q image.tar isolab-test
            """, in: place)
        guard made.status == 0 else {
            throw SystemError("podman import", "the test's image", errno: 0, advice: made.complaints)
        }
    }

    /// The vfs driver copies, and so leaves no mount behind whatever happens.
    private static func command(_ place: Place) -> String {
        """
        podman --root \(place.path)/storage --runroot \(place.path)/run --tmpdir \(place.path)/tmp --storage-driver vfs \
        --cgroup-manager cgroupfs --runtime \(IsolabProgram.directory)/isolab-runtime
        """
    }

    /// Runs a podman command line; `$limits` asks for no more than this host's own limits.
    func run(_ line: String) throws -> IsolabProgram.Result {
        try IsolabProgram.shell("\(variables)\n$podman \(line)", in: place)
    }

    /// Runs a shell line in a terminal of its own; answers what stood on it.
    func inTerminal(_ line: String) throws -> String {
        let script = try place.write("\(variables)\n\(line)\n", to: "script-\(UInt32.random(in: 0...UInt32.max))")
        return try IsolabProgram.shell("\"$terminal\" 'sh \(script)'", in: place).output
    }

    private var variables: String {
        "podman='\(Self.command(place))'; limits='--ulimit nofile=1024:4000 --ulimit nproc=1024:4000'"
    }

    /// The container whose name podman wrote down (`--cidfile ids`).
    var container: String { place.read("ids") }

    /// Its cgroups that are there.
    func cgroups() -> [String] {
        let hierarchies = (try? SystemFile.names(in: "/sys/fs/cgroup")) ?? []
        return (hierarchies + [""]).map { "/sys/fs/cgroup/\($0)/libpod_parent/libpod-\(container)" }
            .filter(SystemFile.exists)
    }

    deinit {
        _ = try? run("rm -fa -t 0")
        _ = try? IsolabProgram.shell("umount -l storage/vfs-containers 2>/dev/null; true", in: place)
    }
}
