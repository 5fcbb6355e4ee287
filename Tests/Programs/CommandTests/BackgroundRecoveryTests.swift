import Glibc
import Linux
import Testing

/// Containers that run again, and what becomes of them when their keeper is killed.
@Suite(.enabled(if: EnginePlace.canRun, "\(EnginePlace.reason)"))
struct BackgroundRecoveryTests {
    /// After a failure as often as was asked for; after a stop not at all; a run attached meanwhile sees it.
    @Test func restarts() throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" run -d --name again-$$ --restart on-failure:2 busybox sh -c 'echo run >> /runs; exit 3' > /dev/null
            until [ "$("$isolab" inspect again-$$ --format '{{.State.Status}}')" = exited ]; do sleep 0.1; done
            "$isolab" inspect again-$$ --format '{{.RestartCount}} {{.State.ExitCode}} {{.HostConfig.RestartPolicy.Name}} {{.HostConfig.RestartPolicy.MaximumRetryCount}}'
            "$isolab" diff again-$$; "$isolab" rm again-$$ > /dev/null
            "$isolab" run -d --name always-$$ --restart always busybox sh -c 'echo run; sleep 0.2' > /dev/null
            until [ "$("$isolab" logs always-$$ | wc -l)" -ge 3 ]; do sleep 0.1; done
            "$isolab" ps --filter name=always-$$ --format '{{.Names}}' | grep -c always
            "$isolab" stop always-$$ > /dev/null; count=$("$isolab" logs always-$$ | wc -l); sleep 1
            "$isolab" inspect always-$$ --format '{{.State.Status}} {{.State.Restarting}}'; [ $count = "$("$isolab" logs always-$$ | wc -l)" ] && echo stays
            "$isolab" update --restart no always-$$ > /dev/null; "$isolab" start always-$$ > /dev/null; "$isolab" wait always-$$
            sleep 0.5; "$isolab" inspect always-$$ --format '{{.State.Status}}'; "$isolab" rm always-$$ > /dev/null; echo $?
            "$isolab" run -d --rm --restart always busybox true; echo $?; "$isolab" run -d --restart sometimes busybox true; echo $?
            """)
        #expect(
            result.output.split(separator: "\n") == [
                "2 3 on-failure 2", "A /runs", "1", "exited false", "stays", "0", "exited", "0", "125", "125",
            ], "\(result.output)\(result.complaints)")
    }

    /// One that waits for its next run says so, and is stopped and removed like any other.
    @Test func isRestarting() throws {
        let result = try EnginePlace.shell(
            """
            for name in waits-$$ goes-$$; do "$isolab" run -d --name $name --restart always busybox false > /dev/null; done
            until [ "$("$isolab" inspect waits-$$ --format '{{.RestartCount}}')" -ge 5 ]; do sleep 0.1; done
            until "$isolab" ps --filter name=waits-$$ --filter status=restarting --format '{{.Status}}' | grep -o 'Restarting (1)'; do :; done
            "$isolab" stop waits-$$ > /dev/null; "$isolab" inspect waits-$$ --format '{{.State.Status}} {{.State.ExitCode}}'
            "$isolab" rm waits-$$ > /dev/null; echo $?; "$isolab" rm -f goes-$$ > /dev/null; echo $?
            "$isolab" ps -aq --filter name=goes-$$ | wc -l
            """)
        #expect(
            result.output == "Restarting (1)\nexited 1\n0\n0\n0\n", "\(result.output)\(result.complaints)")
    }

    /// `kill -9` of the keeper ends the container; the next command says so, and starts it again where its policy says that. What it lists
    /// does not contradict it: naive, it tells that the container runs again, and shows it as one that has ended.
    @Test(arguments: ["no", "always"]) func killed(policy: String) throws {
        let result = try IsolabProgram.shell(
            """
            export ISOLAB_DATA="$place/data"; "$isolab" image bootstrap busybox >/dev/null
            "$isolab" run -d --name victim --restart \(policy) busybox sleep 1000 > /dev/null
            pid=$("$isolab" inspect victim --format '{{.State.Pid}}'); keeper=$(sed -n 's/^PPid:.//p' /proc/$pid/status)
            cat /proc/$keeper/comm; kill -9 $keeper
            for i in $(seq 50); do [ -e /proc/$pid ] || break; sleep 0.1; done; test -e /proc/$pid && echo alive
            "$isolab" ps -a --format '{{.Names}} {{.Status}}' 2> told | sed 's/ Exited.*/ ended/; s/ Restarting.*/ again/; s/ Up.*/ again/'; grep -c 'victim.*keeper' told; "$isolab" ps -a 2>&1 > /dev/null | wc -l
            for i in $(seq 50); do [ "$("$isolab" inspect victim --format '{{.State.Pid}}')" != 0 ] && break; sleep 0.1; [ \(policy) = no ] && break; done
            "$isolab" inspect victim --format '{{.State.Status}} {{.State.ExitCode}} {{.RestartCount}}'
            find /sys/fs/cgroup -name "*$("$isolab" inspect victim --format '{{.Id}}')*" -type d | grep -q . && echo cgroup
            "$isolab" rm -f victim > /dev/null; ls /run/isolab/containers | grep -c "$(cat id 2> /dev/null || echo none)"
            ls data/containers/live | wc -l
            """, in: try Place())
        #expect(
            result.output.split(separator: "\n")
                == (policy == "no"
                    ? ["isolab-keeper", "victim ended", "1", "0", "exited 137 0", "0", "0"]
                    : ["isolab-keeper", "victim again", "1", "0", "running 0 1", "cgroup", "0", "0"]),
            "\(result.output)\(result.complaints)")
    }

    /// A container that takes back the signal of its keeper's death outlives it until the next command, whichever that is.
    @Test(.enabled(if: access("/usr/bin/gcc", X_OK) == 0, "needs gcc")) func outlivesItsKeeper() throws {
        let place = try Place()
        _ = try place.write(
            """
            #include <stdio.h>
            #include <sys/prctl.h>
            #include <unistd.h>
            int main(void) {
                if (prctl(PR_SET_PDEATHSIG, 0) == 0) puts("ready");
                fflush(stdout);
                for (;;) pause();
            }
            """, to: "survivor.c")
        let result = try IsolabProgram.shell(
            """
            export ISOLAB_DATA="$place/data"; "$isolab" image bootstrap busybox > /dev/null; gcc -static -o survivor survivor.c
            lives() { [ -e /proc/$1 ] && ! grep -q '^State:.Z' /proc/$1/status && echo lives || echo ended; }
            for command in 'exec $name true' 'inspect $name' 'diff $name' 'commit $name' 'export $name' 'logs $name' ps; do
                name=from-${command%% *}
                "$isolab" run -d --name $name -v "$PWD/survivor:/survivor:ro" busybox /survivor > /dev/null
                until "$isolab" logs $name | grep -q ready; do sleep 0.05; done
                pid=$("$isolab" inspect $name --format '{{.State.Pid}}'); keeper=$(sed -n 's/^PPid:.//p' /proc/$pid/status)
                kill -9 $keeper; while [ -e /proc/$keeper ]; do sleep 0.05; done; before=$(lives $pid)
                eval '"$isolab"' "$command" > out 2> told
                echo "${command%% *} $before $(lives $pid) $(grep -c "$name, whose keeper is gone" told)"
                "$isolab" rm -f $name > /dev/null
            done
            """, in: place)
        let commands = ["exec", "inspect", "diff", "commit", "export", "logs", "ps"]
        #expect(
            result.output.split(separator: "\n") == commands.map { "\($0) lives ended 1" },
            "\(result.output)\(result.complaints)")
    }

    /// A keeper that is told to end ends its container as `stop` does; as after a host's end, a policy starts it again.
    @Test func toldToEnd() throws {
        let result = try EnginePlace.shell(
            """
            for policy in no unless-stopped; do
                "$isolab" run -d --name told-$$-$policy --restart $policy busybox sh -c 'trap "exit 5" TERM; echo ready; while :; do sleep 0.05; done' > /dev/null
                until "$isolab" logs told-$$-$policy | grep -q ready; do sleep 0.05; done
                keeper=$(sed -n 's/^PPid:.//p' /proc/$("$isolab" inspect told-$$-$policy --format '{{.State.Pid}}')/status)
                kill -TERM $keeper; while [ -e /proc/$keeper ]; do sleep 0.05; done
            done
            "$isolab" inspect told-$$-no --format '{{.State.Status}} {{.State.ExitCode}}'
            "$isolab" ps > /dev/null 2>&1
            until [ "$("$isolab" inspect told-$$-unless-stopped --format '{{.State.Status}}')" = running ]; do sleep 0.1; done; echo again
            "$isolab" rm -f told-$$-no told-$$-unless-stopped > /dev/null
            """)
        #expect(result.output == "exited 5\nagain\n", "\(result.output)\(result.complaints)")
    }

    /// Health by an option, by the image, and none at all.
    @Test func health() throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" run -d --name ill-$$ --health-cmd 'echo asked; test -e /well' --health-interval 100ms --health-retries 2 busybox sleep 1000 > /dev/null
            "$isolab" ps --filter name=ill-$$ --format '{{.Status}}' | grep -o '(health: starting)\\|(unhealthy)' | head -1 | cut -c1-2
            until [ "$("$isolab" inspect ill-$$ --format '{{.State.Health.Status}}')" = unhealthy ]; do sleep 0.1; done
            "$isolab" ps --filter name=ill-$$ --format '{{.Status}}' | grep -o '(.*)'
            "$isolab" inspect ill-$$ --format '{{(index .State.Health.Log 0).Output}}' | head -1
            "$isolab" exec ill-$$ touch /well; until [ "$("$isolab" inspect ill-$$ --format '{{.State.Health.Status}}')" = healthy ]; do sleep 0.1; done
            "$isolab" ps --filter name=ill-$$ --format '{{.Status}}' | grep -o '(.*)'; "$isolab" rm -f ill-$$ > /dev/null
            printf 'FROM busybox\\nHEALTHCHECK --interval=200ms --timeout=300ms CMD sleep 5\\n' | "$isolab" build -q -t slow-$$ - > /dev/null
            "$isolab" run -d --name slow-$$ slow-$$ sleep 1000 > /dev/null
            until "$isolab" inspect slow-$$ --format '{{range .State.Health.Log}}{{.ExitCode}} {{.Output}}{{end}}' | grep -o -- '-1 Health check exceeded timeout (300ms)' | head -1 | grep .; do sleep 0.1; done
            "$isolab" rm -f slow-$$ > /dev/null; "$isolab" run -d --name off-$$ --no-healthcheck slow-$$ sleep 1000 > /dev/null
            "$isolab" inspect off-$$ --format '{{.State.Health}}'; "$isolab" rm -f off-$$ > /dev/null; "$isolab" rmi slow-$$ > /dev/null
            """)
        #expect(
            result.output.split(separator: "\n") == [
                "(h", "(unhealthy)", "asked", "(healthy)", "-1 Health check exceeded timeout (300ms)", "<nil>",
            ], "\(result.output)\(result.complaints)")
    }

    /// Limits of one that runs and of its next run; its processes and its figures.
    @Test func updates() throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" run -d --name big-$$ --pids-limit 50 busybox sleep 1000 > /dev/null
            pids='cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max'
            "$isolab" update --pids-limit 30 --cpu-shares 512 big-$$ > /dev/null; "$isolab" exec big-$$ sh -c "$pids" 2> /dev/null
            "$isolab" inspect big-$$ --format '{{.HostConfig.PidsLimit}} {{.HostConfig.CpuShares}}'
            "$isolab" restart -t 0 big-$$ > /dev/null; "$isolab" exec big-$$ sh -c "$pids" 2> /dev/null
            "$isolab" top big-$$ | tail -1 | grep -o 'sleep 1000'; "$isolab" top big-$$ -o pid,comm | tail -1 | grep -o 'sleep'
            "$isolab" stats --no-stream --format '{{.Name}} {{.PIDs}}' big-$$ | sed "s/-$$//"
            "$isolab" update big-$$; echo $?; "$isolab" rm -f big-$$ > /dev/null
            """)
        #expect(
            result.output == "30\n30 512\n30\nsleep 1000\nsleep\nbig 1\n2\n", "\(result.output)\(result.complaints)")
    }
}
