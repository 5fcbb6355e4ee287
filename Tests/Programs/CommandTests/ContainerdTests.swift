import Glibc
import Linux
import TestSupport
import Testing

/// containerd with isolab-runtime in place of runc, by its runc shim and its own client: a session on an image of busybox.
@Suite(
    .serialized,
    .enabled(if: IsolabProgram.isRoot, "containerd needs root"),
    .enabled(if: Containerd.isInstalled, "containerd, podman and busybox-static are not installed"))
struct ContainerdTests {
    /// A container runs to its end: its output, its exit status and its own view of itself come through, and nothing stays.
    @Test func runs() throws {
        let containerd = try Containerd()
        let result = try containerd.client(
            "run --rm $runtime $image one sh -c 'hostname >/dev/null; echo $$; id -u; exit 7'")
        #expect(result.output == "1\n0\n", "\(result.complaints)")
        #expect(result.status == 7)
        #expect(try containerd.client("container ls -q").output == "")
        #expect(containerd.cgroups().isEmpty)
    }

    /// A program that is absent is an error that says so, and leaves nothing.
    @Test func refusals() throws {
        let containerd = try Containerd()
        let absent = try containerd.client("run --rm $runtime $image one nosuch")
        #expect(absent.status != 0)
        #expect(absent.complaints.contains("nosuch"), "\(absent.complaints)")
        #expect(containerd.cgroups().isEmpty)
    }

    /// Every device of the host, beside a terminal of the container's own; a file system in memory with what was asked of it.
    @Test func privileged() throws {
        let containerd = try Containerd()
        let result = try containerd.client(
            "run --rm $runtime --privileged --mount type=tmpfs,src=tmpfs,dst=/tmp,options=size=1m:mode=700 $image one sh -c "
                + "'ls /dev; grep \" /tmp \" /proc/mounts'")
        #expect(result.status == 0, "\(result.complaints)")
        let lines = result.output.split(separator: "\n")
        #expect(lines.count > 20 && lines.contains("ptmx"), "\(result.output)")
        #expect(lines.last?.contains("size=1024k,mode=700") == true, "\(result.output)")
        #expect(containerd.cgroups().isEmpty)
    }

    /// A running container is joined, looked at, paused, resumed, killed and deleted.
    @Test func session() throws {
        let containerd = try Containerd()
        let start = try containerd.client("run -d $runtime --memory-limit 67108864 $image one sleep 1000")
        #expect(start.status == 0, "\(start.complaints)")
        #expect(!containerd.cgroups().isEmpty)
        #expect(try containerd.status() == "RUNNING")

        let joined = try containerd.client("task exec --exec-id first one sh -c 'id -u; exit 3'")
        #expect(joined.output == "0\n", "\(joined.complaints)")
        #expect(joined.status == 3)
        let elsewhere = try containerd.client(
            "task exec --exec-id second --user 5:6 --cwd /tmp one sh -c 'id -u; id -g; pwd'")
        #expect(elsewhere.output == "5\n6\n/tmp\n", "\(elsewhere.complaints)")
        let metrics = try containerd.client("task metrics one")
        #expect(metrics.output.contains("67108864"), "\(metrics.output) \(metrics.complaints)")
        #expect(try containerd.client("task ps one").output.split(separator: "\n").count == 2)

        #expect(try containerd.client("task pause one").status == 0)
        #expect(try containerd.status() == "PAUSED")
        #expect(try containerd.client("task resume one").status == 0)
        #expect(try containerd.status() == "RUNNING")

        #expect(try containerd.client("task kill -s KILL one").status == 0)
        #expect(Eventually.comes { (try? containerd.status()) == "STOPPED" })
        let deleted = try containerd.client("task delete one")
        #expect(deleted.complaints.contains("137"), "\(deleted.status) \(deleted.complaints)")
        #expect(try containerd.client("container delete one").status == 0)
        #expect(containerd.cgroups().isEmpty)
    }

    /// A terminal for the first process.
    @Test func terminal() throws {
        let containerd = try Containerd()
        let said = try containerd.inTerminal(
            "$ctr run --rm -t $runtime $image one sh -c 'tty; test -t 0 && echo terminal'")
        #expect(said.contains("/dev/pts/0"), "\(said)")
        #expect(said.contains("terminal"), "\(said)")
        #expect(containerd.cgroups().isEmpty)
    }
}

/// A containerd of the test's own: its sockets, its storage and its containers end with it.
final class Containerd {
    static let isInstalled =
        access("/usr/bin/containerd", X_OK) == 0 && access("/usr/bin/ctr", X_OK) == 0 && Podman.isInstalled

    private let place: Place
    private let process: RunningProcess
    /// A namespace of containerd's, after which its cgroups are called.
    private let namespace = "isolab-test-\(UInt32.random(in: 0...UInt32.max))"

    /// With one image, `$image`. Nothing is collected as garbage meanwhile: at its start containerd may take an import for such.
    ///
    /// The image is that of podman's tests, as an OCI archive.
    init() throws {
        place = try Place()
        let configuration = try place.write(
            """
            version = 2
            root = "\(place.path)/root"
            state = "\(place.path)/state"
            disabled_plugins = ["io.containerd.grpc.v1.cri"]
            [plugins."io.containerd.gc.v1.scheduler"]
              startup_delay = "24h"
            [grpc]
              address = "\(place.path)/socket"
            """, to: "config.toml")
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDONLY)
        let log = try OwnedDescriptor(opening: "\(place.path)/log", O_WRONLY | O_CREAT)
        process = try ProcessPlan(
            "containerd", ["--config", configuration],
            // Where it writes what it was doing when it is asked.
            environment: ProcessPlan.ownEnvironment() + ["TMPDIR=\(place.path)"], workingDirectory: place.path
        )
        .spawn(StandardStreams(input: null.number, output: log.number, error: log.number))
        let podman = try Podman()
        let saved = try podman.run("save -q --format oci-archive -o \(place.path)/image.tar isolab-test")
        guard saved.status == 0 else {
            throw SystemError("podman save", "the test's image", errno: 0, advice: saved.complaints)
        }
        guard Eventually.comes({ (try? client("version"))?.status == 0 }) else {
            throw SystemError("start", "containerd", errno: ETIMEDOUT, advice: place.read("log"))
        }
        let imported = try client("image import --index-name $image image.tar")
        guard imported.status == 0 else {
            throw SystemError("ctr image import", "the test's image", errno: 0, advice: imported.complaints)
        }
    }

    /// Runs a command line of containerd's client; `$runtime` names isolab's, `$image` the image.
    func client(_ line: String) throws -> IsolabProgram.Result {
        try IsolabProgram.shell("\(variables)\n$ctr \(line)", in: place)
    }

    /// Runs a shell line in a terminal of its own; answers what stood on it.
    func inTerminal(_ line: String) throws -> String {
        let script = try place.write("\(variables)\n\(line)\n", to: "script")
        return try IsolabProgram.shell("\"$terminal\" 'sh \(script)'", in: place).output
    }

    private var variables: String {
        """
        ctr='timeout --foreground 60 ctr --address \(place.path)/socket --namespace \(namespace)'
        runtime='--runc-binary \(IsolabProgram.directory)/isolab-runtime'; image=localhost/isolab-test:latest
        """
    }

    /// The task's, as the client shows it.
    func status() throws -> String {
        let lines = try client("task ls").output.split(separator: "\n").dropFirst()
        return lines.first.map { String($0.split(separator: " ").last ?? "") } ?? ""
    }

    /// Of its containers, those that are there.
    func cgroups() -> [String] {
        let hierarchies = (try? SystemFile.names(in: "/sys/fs/cgroup")) ?? []
        return (hierarchies + [""]).map { "/sys/fs/cgroup/\($0)/\(namespace)" }.filter(SystemFile.exists)
    }

    deinit {
        _ = try? client("task kill -s KILL one; $ctr task delete -f one; $ctr container delete one")
        try? process.kill(SIGTERM)
        _ = try? process.wait(for: "containerd", within: 60)
    }
}
