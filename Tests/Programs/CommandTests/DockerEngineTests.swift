import Glibc
import Linux
import TestSupport
import Testing

/// Docker's engine with isolab-runtime in place of runc: what its users do, on an image of busybox.
@Suite(
    .serialized,
    .enabled(if: IsolabProgram.isRoot, "Docker's engine needs root"),
    .enabled(if: DockerEngine.isInstalled, "docker.io and busybox-static are not installed"))
struct DockerEngineTests {
    /// A container runs to its end: its output and its exit status come through, and nothing stays.
    @Test func runs() throws {
        let engine = try DockerEngine()
        let result = try engine.client(
            "run --rm $limits --hostname inside $image sh -c 'hostname; echo $$; id -u; exit 7'")
        #expect(result.output == "inside\n1\n0\n", "\(result.complaints)")
        #expect(result.status == 7)
        #expect(try engine.client("ps -aq").output == "")
        #expect(engine.cgroups() == [])
    }

    /// What is not there, and what may not be run, are told apart by the statuses that Docker's users know.
    @Test(
        arguments: [("nosuch", 127), ("/bin/none", 127), ("/etc", 126), ("/etc/plain", 126), ("''", 127)]
            as [(String, Int32)])
    func refusals(command: String, status: Int32) throws {
        let engine = try DockerEngine()
        let result = try engine.client("run --rm $limits $image \(command)")
        #expect(result.status == status, "\(result.complaints)")
        #expect(try engine.client("ps -aq").output == "")
        #expect(engine.cgroups() == [])
    }

    /// Every device of the host and every capability it can give, and a terminal of the container's own all the same.
    @Test func privileged() throws {
        let engine = try DockerEngine()
        let result = try engine.client(
            "run --rm --privileged $limits $image sh -c 'ls /dev | wc -l; readlink /dev/ptmx; grep CapBnd /proc/self/status'"
        )
        #expect(result.status == 0, "\(result.complaints)")
        let words = result.output.split(whereSeparator: \.isWhitespace)
        try #require(words.count == 4, "\(result.output)")
        // An ordinary container has not twenty.
        #expect(try #require(Int(words[0])) > 30)
        #expect(words[1] == "pts/ptmx")
        // Docker 20.10 does not know those that came later, and a host may lack some: of the first 38 all that there are.
        let known = UInt64(1) << 38 - 1
        #expect(UInt64(words[3], radix: 16) == CapabilitySet.boundingSet().rawValue & known)
    }

    /// A file system in memory has the mode of the directory it covers, unless it is told another.
    @Test func temporaryFileSystems() throws {
        let engine = try DockerEngine()
        let result = try engine.client(
            """
            run --rm $limits --read-only --tmpfs /tmp:size=1m --tmpfs /shut --tmpfs /told:mode=750 $image sh -c \
            'stat -c %a /tmp /shut /told; grep " /tmp " /proc/mounts | grep -o size=1024k; touch /tmp/x && touch /x'
            """)
        #expect(result.output == "1777\n711\n750\nsize=1024k\n", "\(result.complaints)")
        #expect(result.complaints.contains("/x: Read-only file system"))
    }

    /// A running container is joined as somebody, looked at, limited anew, paused, restarted and killed.
    @Test func session() throws {
        let engine = try DockerEngine()
        let start = try engine.client("run -d --name one $limits --memory 64m --pids-limit 40 $image sleep 1000")
        #expect(start.status == 0, "\(start.complaints)")
        #expect(try engine.client("exec one sh -c 'echo $HOME; exit 3'").output == "/root\n")
        #expect(try engine.client("exec one sh -c 'exit 3'").status == 3)
        #expect(try engine.client("exec -u u one sh -c 'id -u; echo $HOME'").output == "1000\n/home/u\n")
        #expect(try engine.client("exec -u u -e HOME=/x -w /tmp one sh -c 'echo $HOME; pwd'").output == "/x\n/tmp\n")
        let absent = try engine.client("exec one nosuch")
        // Docker 20.10 has one status for all that an exec cannot run, with runc beneath it as well; later ones tell them apart.
        #expect(absent.status == 126 || absent.status == 127)
        #expect((absent.output + absent.complaints).contains("nosuch"), "\(absent.output) \(absent.complaints)")

        let update = try engine.client("update --memory 32m --memory-swap 64m --pids-limit 7 --cpus 0.5 one")
        #expect(update.status == 0, "\(update.complaints)")
        let files = "/sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max"
        #expect(try engine.client("exec one cat \(files)").output.hasPrefix("33554432\n"))
        #expect(try engine.client("exec one cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max").output == "7\n")
        let stats = try engine.client("stats --no-stream --format '{{.PIDs}} {{.MemUsage}}' one")
        #expect(
            stats.output.hasPrefix("1 ") && stats.output.hasSuffix(" / 32MiB\n"), "\(stats.output)\(stats.complaints)")
        #expect(try engine.client("top one -o pid,args").output.contains("sleep 1000"))

        #expect(try engine.client("pause one").status == 0)
        #expect(try engine.client("inspect -f '{{.State.Status}}' one").output == "paused\n")
        #expect(try engine.client("unpause one").status == 0)
        #expect(try engine.client("restart -t 0 one").status == 0)
        #expect(try engine.client("exec one echo again").output == "again\n")
        #expect(try engine.client("kill one").status == 0)
        #expect(try engine.client("wait one").output == "137\n")
        #expect(try engine.client("rm one").status == 0)
        #expect(engine.cgroups() == [])
    }

    /// What takes more memory than it may ends as Docker says it, and Docker knows why.
    @Test func wantOfMemory() throws {
        let engine = try DockerEngine()
        let result = try engine.client(
            "run --name greedy $limits --memory 8m $image dd if=/dev/zero of=/dev/null bs=64M count=1")
        #expect(result.status == 137, "\(result.complaints)")
        #expect(
            Eventually.comes { (try? engine.client("inspect -f '{{.State.OOMKilled}}' greedy").output) == "true\n" })
    }

    /// A terminal in the size of the user's, for the first process and for one that joins, which has a TERM.
    @Test func terminals() throws {
        let engine = try DockerEngine()
        // The client sets the size once it is attached, which may be after the program has begun.
        let size = "until stty size 2>/dev/null | grep -q '[1-9]'; do sleep 0.05; done; stty size"
        let first = try engine.inTerminal(
            "stty rows 31 cols 97; $docker run --rm -t $limits $image sh -c 'tty; \(size)'")
        #expect(first.contains("/dev/pts/0") && first.contains("31 97"), "\(first)")
        _ = try engine.client("run -d --name two $limits $image sleep 1000")
        let joined = try engine.inTerminal("stty rows 30 cols 96; $docker exec -t two sh -c 'tty; echo $TERM; \(size)'")
        #expect(joined.contains("/dev/pts/") && joined.contains("30 96") && joined.contains("xterm"), "\(joined)")
    }

    /// Containers in a user namespace of the engine's: root there is a user of no name outside.
    @Test func remappedUsers() throws {
        let engine = try DockerEngine(options: "--userns-remap=nobody:nogroup")
        let result = try engine.client(
            "run --rm $limits --tmpfs /tmp $image sh -c 'id -u; cat /proc/self/uid_map; touch /tmp/x && stat -c %u /tmp/x /etc/plain /dev/mqueue'"
        )
        #expect(result.status == 0, "\(result.complaints)")
        #expect(
            result.output.split(whereSeparator: \.isWhitespace).map(String.init)
                == ["0", "0", "\(DockerEngine.firstSubordinate)", "65536", "0", "0", "0"], "\(result.output)")
        let absent = try engine.client("run --rm $limits $image nosuch")
        #expect(absent.status == 127, "\(absent.complaints)")
        _ = try engine.client("run -d --name one $limits --memory 64m $image sleep 1000")
        #expect(try engine.client("exec -u u one sh -c 'id -u; echo $HOME'").output == "1000\n/home/u\n")
        let pid = try engine.client("inspect -f '{{.State.Pid}}' one").output.split(separator: "\n").first
        #expect(
            try SystemFile.read("/proc/\(try #require(pid))/status").contains("Uid:\t\(DockerEngine.firstSubordinate)"))
        #expect(try engine.client("restart -t 0 one").status == 0)
        #expect(try engine.client("rm -f one").status == 0)
        let without = try engine.client("run --rm $limits --userns host --privileged $image cat /proc/self/uid_map")
        #expect(without.output.contains("4294967295"), "\(without.complaints)")
    }

    /// The engine killed while a container runs: it runs on, and the next engine has it in its hands again.
    @Test func liveRestore() throws {
        let engine = try DockerEngine()
        let start = try engine.client(
            "run -d --name one $limits $image sh -c 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.1; done'")
        #expect(start.status == 0, "\(start.complaints)")
        let pid = try engine.client("inspect -f '{{.State.Pid}}' one").output
        try engine.killDaemon()
        #expect(try engine.client("inspect -f '{{.State.Running}} {{.State.Pid}}' one").output == "true \(pid)")
        #expect(try engine.client("exec one echo joined").output == "joined\n")
        func lines() throws -> Int { try engine.client("logs one").output.split(separator: "\n").count }
        let before = try lines()
        #expect(Eventually.comes { ((try? lines()) ?? 0) > before })
        #expect(try engine.client("stats --no-stream --format '{{.PIDs}}' one").output != "0\n")
        #expect(try engine.client("stop -t 0 one").status == 0)
        #expect(try engine.client("inspect -f '{{.State.ExitCode}}' one").output == "137\n")
        #expect(try engine.client("rm one").status == 0)
        #expect(engine.cgroups() == [])
    }
}
