import Glibc
import Linux
import TestSupport

/// Docker's engine for one test: its sockets, storage and containers end with it, and so does what it mounts, in a mount namespace of its
/// own.
final class DockerEngine {
    /// Debian's, or Docker's own where that is installed in its stead.
    private static let daemon = access("/usr/sbin/dockerd", X_OK) == 0 ? "/usr/sbin/dockerd" : "/usr/bin/dockerd"
    private static let docker = "/usr/bin/docker"
    static let isInstalled = ([daemon, docker, "/bin/busybox"] as [String]).allSatisfy { access($0, X_OK) == 0 }
    /// Where a user namespace of its containers begins.
    static let firstSubordinate = 200_000

    private let place: Place
    private let supervisor: RunningProcess
    /// The cgroup above its containers'.
    private let parent = "isolab-docker-\(UInt32.random(in: 0...UInt32.max))"

    /// With one image, `$image`.
    ///
    /// - Parameter options: of dockerd's.
    init(options: String = "") throws {
        place = try Place()
        // The engine is begun again when it is killed, where its predecessor's mounts still are.
        let script = try place.write(
            """
            cd '\(place.path)'
            mkdir -p /run/docker root exec
            mount -t tmpfs docker /run/docker
            echo 'nobody:\(Self.firstSubordinate):65536' > subordinate
            echo '{}' > configuration
            for file in /etc/subuid /etc/subgid; do
                [ -e $file ] || : > $file
                mount --bind subordinate $file
            done
            while [ ! -e end ]; do
                rm -f pid
                \(Self.daemon) --config-file configuration --iptables=false --ip6tables=false --ip-forward=false \
                    --bridge=none --storage-driver=vfs --exec-root "$PWD/exec" --data-root "$PWD/root" -p "$PWD/pid" \
                    -H "unix://$PWD/socket" --add-runtime isolab=\(IsolabProgram.directory)/isolab-runtime \
                    --default-runtime isolab --live-restore --cgroup-parent '/\(parent)' \(options) >> log 2>&1
                sleep 0.2
            done
            """, to: "engine")
        supervisor = try IsolabProgram.start(
            shell: "exec unshare -m --propagation private sh '\(script)'", in: place)
        try awaitDaemon()
        let made = try IsolabProgram.shell(
            """
            set -e
            \(variables)
            mkdir -p image/bin image/etc image/tmp image/root image/home/u image/shut image/told
            cp /bin/busybox image/bin/busybox
            for name in sh cat dd echo grep hostname id ls pwd readlink sleep stat stty touch tty; do
                ln -s busybox image/bin/$name
            done
            chmod 1777 image/tmp
            chmod 711 image/shut
            printf 'root:x:0:0:root:/root:/bin/sh\\nu:x:1000:1000::/home/u:/bin/sh\\n' > image/etc/passwd
            printf 'root:x:0:\\nu:x:1000:\\n' > image/etc/group
            echo text > image/etc/plain
            tar -C image -c . | $docker import - isolab-test
            """, in: place)
        guard made.status == 0 else {
            throw SystemError("docker import", "the test's image", errno: 0, advice: made.complaints)
        }
    }

    private func awaitDaemon() throws {
        guard Eventually.comes({ (try? client("version"))?.status == 0 }) else {
            throw SystemError("start", "dockerd", errno: ETIMEDOUT, advice: String(place.read("log").suffix(2000)))
        }
    }

    /// Kills the engine, not its containers, and waits for the next one.
    func killDaemon() throws {
        let pid = place.read("pid")
        guard let number = Int32(pid.split(separator: "\n").first ?? "") else {
            throw SystemError("find", "dockerd", errno: 0, advice: pid)
        }
        kill(number, SIGKILL)
        guard Eventually.comes({ [place] in place.read("pid") != pid && !place.read("pid").isEmpty }) else {
            throw SystemError(
                "start", "dockerd again", errno: ETIMEDOUT, advice: String(place.read("log").suffix(2000)))
        }
        try awaitDaemon()
    }

    /// Runs a command line of the client; `$image` is the image, `$limits` asks for no more than this host's own.
    func client(_ line: String) throws -> IsolabProgram.Result {
        try IsolabProgram.shell("\(variables)\n$docker \(line)", in: place)
    }

    /// Runs a shell line in a terminal of its own; answers what stood on it.
    func inTerminal(_ line: String) throws -> String {
        let script = try place.write("\(variables)\n\(line)\n", to: "script-\(UInt32.random(in: 0...UInt32.max))")
        return try IsolabProgram.shell("timeout 60 \"$terminal\" 'sh \(script)'", in: place).output
    }

    private var variables: String {
        """
        docker='timeout --foreground 60 \(Self.docker) -H unix://\(place.path)/socket'
        limits='--network none --ulimit nofile=1024:4000'; image=isolab-test
        """
    }

    /// Of its containers, those that are there.
    func cgroups() -> [String] {
        cgroupParents().flatMap { path in
            ((try? SystemFile.names(in: path)) ?? []).map { "\(path)/\($0)" }.filter {
                (try? SystemFile.names(in: $0)) != nil
            }
        }
    }

    private func cgroupParents() -> [String] {
        let hierarchies = (try? SystemFile.names(in: "/sys/fs/cgroup")) ?? []
        return (hierarchies + [""]).map { "/sys/fs/cgroup/\($0)/\(parent)" }.filter(SystemFile.exists)
    }

    deinit {
        _ = try? IsolabProgram.shell(
            """
            \(variables)
            $docker rm -f $($docker ps -aq)
            touch end
            kill "$(cat pid)"
            """, in: place)
        // It ends its containerd, which others may need a while for.
        if !Eventually.comes({ [supervisor] in (try? supervisor.poll()) != nil }) { try? supervisor.kill() }
        _ = try? supervisor.wait(for: "dockerd", within: 60)
        for path in cgroupParents() { rmdir(path) }
    }
}
