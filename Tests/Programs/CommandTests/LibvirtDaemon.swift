import Glibc
import Linux
import TestSupport

/// A system libvirtd of the test's own, as a distribution configures it: its QEMU is the user `libvirt-qemu`, in a mount
/// namespace and cgroups that libvirt makes. Its files and its processes are its own, and end with it.
final class LibvirtDaemon {
    static let isInstalled = access("/usr/sbin/libvirtd", X_OK) == 0

    let uri: String
    private let place: Place
    private let process: RunningProcess
    /// libvirt leaves its empty `machine` in every hierarchy; one that was there before stays.
    private let cgroupsBefore: Set<String>

    /// What runs as process 1 of the daemon's pid namespace: it reaps QEMU's, as an init does, and starts libvirtd anew when
    /// that is killed.
    ///
    /// A distribution's udev gives `/dev/kvm` to a group that libvirt-qemu is in; a bare /dev does not, and a libvirtd whose
    /// QEMU cannot open it examines that QEMU anew at every question.
    private static let script = """
        set -e
        cd "$place/daemon"
        for name in etc/libvirt var/lib/libvirt run/libvirt var/log/libvirt var/cache/libvirt; do
            mkdir -p "$name" "/$name"
            mount --bind "$name" "/$name"
        done
        for name in passwd group; do
            cp "/etc/$name" "$name"
            grep -q ^libvirt-qemu: "$name" || case $name in
            passwd) echo libvirt-qemu:x:64055:64055::/nonexistent:/usr/sbin/nologin >> "$name" ;;
            group) echo libvirt-qemu:x:64055: >> "$name" ;;
            esac
            mount --bind "$name" "/etc/$name"
        done
        if [ -e /dev/kvm ]; then
            mknod -m 666 kvm c 10 232
            mount --bind kvm /dev/kvm
        fi
        printf '%s\n' 'stdio_handler = "file"' "$configuration" > etc/libvirt/qemu.conf
        cat > libvirtd.conf << EOF
        unix_sock_dir = "$PWD/sockets"
        auth_unix_ro = "none"
        auth_unix_rw = "none"
        EOF
        mkdir sockets
        set +e
        while :; do libvirtd -f "$PWD/libvirtd.conf" -p "$PWD/pid"; done
        """

    /// - Parameter configuration: a line of qemu.conf besides.
    init(in place: Place, configuration: String = "") throws {
        self.place = place
        uri = "qemu:///system?socket=\(place.path)/daemon/sockets/libvirt-sock"
        cgroupsBefore = Self.cgroups()
        try retryingOnInterrupt("mkdir", place.path) { mkdir("\(place.path)/daemon", 0o755) }
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDWR)
        let log = try OwnedDescriptor(opening: "\(place.path)/daemon/log", O_WRONLY | O_CREAT)
        process = try ProcessPlan(
            "unshare", ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "/bin/sh", "-c", Self.script],
            environment: ProcessPlan.ownEnvironment() + ["place=\(place.path)", "configuration=\(configuration)"]
        ).spawn(StandardStreams(input: null.number, output: log.number, error: log.number))
        guard Eventually.comes({ access("\(place.path)/daemon/sockets/libvirt-sock", F_OK) == 0 }) else {
            throw SystemError("start", "libvirtd", errno: ETIMEDOUT, advice: place.read("daemon/log"))
        }
    }

    /// libvirt has started a guest whole and has it on record.
    var hasRunningGuest: Bool {
        let directory = "\(place.path)/daemon/run/libvirt/qemu"
        return Processes.names(in: directory).filter { $0.hasSuffix(".xml") }.contains {
            Place.text("\(directory)/\($0)").contains("<domstatus state='running'")
        }
    }

    /// Ends libvirtd as a crash would; another takes its place and finds the guests it left.
    func crash() throws {
        let socket = "\(place.path)/daemon/sockets/libvirt-sock"
        unlink(socket)
        for pid in Processes.naming("\(place.path)/daemon/libvirtd.conf") where Processes.name(of: pid) == "libvirtd" {
            kill(pid, SIGKILL)
        }
        guard Eventually.comes({ access(socket, F_OK) == 0 }) else {
            throw SystemError("start again", "libvirtd", errno: ETIMEDOUT, advice: place.read("daemon/log"))
        }
    }

    private static func cgroups() -> Set<String> {
        Set(
            Processes.names(in: "/sys/fs/cgroup").map { "/sys/fs/cgroup/\($0)/machine" }.filter {
                access($0, F_OK) == 0
            })
    }

    deinit {
        try? process.kill()
        _ = try? process.wait(for: "libvirtd", within: 60)
        for path in Self.cgroups().subtracting(cgroupsBefore) { rmdir(path) }
    }
}

/// The processes of this host, as /proc shows them.
enum Processes {
    /// Those that run with these words in their command line.
    static func naming(_ words: String) -> [Int32] {
        names(in: "/proc").compactMap { Int32($0) }.filter { Place.text("/proc/\($0)/cmdline").contains(words) }
    }

    static func name(of pid: Int32) -> String { Place.text("/proc/\(pid)/comm").filter { $0 != "\n" } }

    static func names(in directory: String) -> [String] { (try? SystemFile.names(in: directory)) ?? [] }
}
