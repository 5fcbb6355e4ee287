import Glibc
import Linux
import TestSupport
import Testing

/// Containers whose keeper is gone, and that do not die: a file system whose server never answers (FUSE) has a process of theirs.
@Suite(
    .enabled(if: EnginePlace.canRun, "\(EnginePlace.reason)"),
    .enabled(if: access("/dev/fuse", F_OK) == 0 && access("/usr/bin/gcc", X_OK) == 0, "needs /dev/fuse and gcc"))
struct HeldContainerTests {
    /// Other commands say so and go on, whoever asks for its removal is told what holds it, and once nothing holds it, it has ended. Naive:
    /// each of the commands waits ten seconds for it, which is more than the limit in all.
    @Test(.timeLimit(.minutes(2))) func keepsNobodyWaiting() throws {
        let result = try IsolabProgram.shell(
            """
            export ISOLAB_DATA="$place/data"; mkdir -p up/served
            gcc -O1 -static -o hostile \(Repository.path("Tests/Probes/hostile-files.c"))
            "$isolab" image bootstrap busybox > /dev/null
            ./hostile silent "$place/up/served" > said & server=$!
            trap 'kill -9 $server 2> /dev/null; umount -l up/served; "$isolab" rm -f held > /dev/null 2>&1' EXIT
            until grep -q mounted said; do kill -0 $server || exit 1; sleep 0.05; done
            "$isolab" run -d --name held -v "$place/up:/up" busybox sh -c 'ls /up/served/below; sleep 1000' > /dev/null
            until grep -q asked said; do sleep 0.05; done
            keeper=$(sed -n 's/^PPid:.//p' /proc/$("$isolab" inspect held --format '{{.State.Pid}}')/status)
            kill -9 $keeper; while [ -e /proc/$keeper ]; do sleep 0.05; done
            for i in $(seq 13); do "$isolab" ps -a > /dev/null 2>> told; done; grep -c 'container held.* is kept: .*process' told
            "$isolab" rm -f held > /dev/null 2> why || echo refused; grep -c 'process .*file system' why
            kill -9 $server
            until [ "$("$isolab" inspect held --format '{{.State.Status}} {{.State.ExitCode}}')" = 'exited 137' ]; do
                "$isolab" ps -a > /dev/null 2>&1; sleep 0.1
            done
            ls data/containers/live | wc -l
            """, in: try Place())
        #expect(result.output == "13\nrefused\n1\n0\n", "\(result.output)\(result.complaints)")
    }
}
