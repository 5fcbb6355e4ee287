import Glibc
import Linux
import Testing

/// What is written on the command line, and what is said of mistakes in it.
@Suite(.enabled(if: EnginePlace.canRun, "\(EnginePlace.reason)"))
struct CommandLineTests {
    /// A command that there is not is named, whatever follows it; a guess is a slip of the finger away, or there is none.
    @Test(
        arguments: [
            ("nosuch", "there is no command 'nosuch'; `isolab --help`"),
            ("nosuch one two", "there is no command 'nosuch';"),
            ("nosuch --time 3 one", "there is no command 'nosuch';"), ("help nosuch", "there is no command 'nosuch';"),
            ("image nosuch", "there is no command 'nosuch'; `isolab image --help`"),
            ("help image nosuch", "there is no command 'nosuch'; `isolab image --help`"),
            ("imges", "there is no command 'imges'; did you mean 'images'?"),
            ("imagse", "did you mean 'images'?"), ("pul x", "did you mean 'pull'?"), ("rnu x", "did you mean 'run'?"),
            ("imge", "did you mean 'image'?"), ("xyz", "there is no command 'xyz';"),
            ("insepct x", "did you mean 'inspect'?"), ("reload", "there is no command 'reload';"),
            ("registry pull", "there is no command 'pull'; `isolab registry --help`"),
        ] as [(String, String)])
    func unknownCommands(line: String, words: String) throws {
        let result = try EnginePlace.shell("\"$isolab\" \(line)")
        #expect(result.status == 2)
        #expect(result.complaints.contains(words) && result.complaints.split(separator: "\n").count == 1)
    }

    /// An option that is known and not there is told as that, without a guess; and a command's own parts are no commands.
    @Test func guesses() throws {
        let result = try EnginePlace.shell(
            "\"$isolab\" run --gpus all busybox; echo $?; \"$isolab\" build build; echo $?; \"$isolab\" images images; echo $?"
        )
        #expect(result.output == "125\n1\n" + "REPOSITORY  TAG  IMAGE ID  CREATED  SIZE\n0\n", "\(result.output)")
        #expect(result.complaints.contains("--gpus") && !result.complaints.contains("id you mean"))
        #expect(result.complaints.contains("build: cannot be the build context"))
    }

    /// `-h` of a run is the host name, as everybody else has it; of others it is help.
    @Test func hostName() throws {
        let result = try EnginePlace.shell(
            "\"$isolab\" run --rm -h named busybox hostname; \"$isolab\" run --help | head -1 | cut -c1-8; \"$isolab\" ps -h | grep -c USAGE"
        )
        #expect(result.output == "named\nOVERVIEW\n1\n", "\(result.output)\(result.complaints)")
    }

    /// A template with a field that is none fails where there is nothing to list, too; in a pipe nothing is cut.
    @Test func lists() throws {
        let result = try IsolabProgram.shell(
            """
            export ISOLAB_DATA="$place/data"
            for list in images ps "system df"; do "$isolab" $list --format '{{.Nothing}}'; echo $?; done
            "$isolab" images --format 'table {{.Nothing}}'; echo $?
            "$isolab" image bootstrap busybox >/dev/null
            name=$(printf 'n%.0s' $(seq 100)); "$isolab" run --name $name busybox true
            "$isolab" ps -a | grep -c "Exited (0) .* ago  *$name$"
            "$isolab" images --digests | head -1 | tr -s ' '; "$isolab" images -a --digests | grep -c sha256:
            "$isolab" image rm busybox 2>&1 | grep -c "in use: .*container $name,.* with .isolab rm."; "$isolab" rm $name > /dev/null
            "$isolab" image rm busybox | head -1; "$isolab" image prune -f
            """, in: try Place())
        #expect(
            result.output == """
                2
                2
                2
                2
                1
                REPOSITORY TAG DIGEST IMAGE ID CREATED SIZE
                1
                1
                Untagged: busybox:latest
                Total reclaimed space: 0B

                """, "\(result.output)\(result.complaints)")
    }

    /// The latest, so many of them, and those that are meant.
    @Test func filters() throws {
        let result = try IsolabProgram.shell(
            """
            export ISOLAB_DATA="$place/data"; "$isolab" image bootstrap busybox >/dev/null
            "$isolab" run --name one -l k=1 busybox true; "$isolab" run --name two busybox sh -c 'exit 3'
            "$isolab" run --name three -l k=2 busybox true
            names() { echo "[$("$isolab" ps --format '{{.Names}}' "$@" | xargs)]"; }
            names -l; names -n 2; names; names -a -f name=t; names -f status=exited -f label=k; names -a -f label=k=2
            names -f exited=3; names -a -f ancestor=busybox -f since=one; names -a -f before=two; names -a -f name=one -f name=two
            "$isolab" ps --filter nothing=1; echo $?; "$isolab" ps -f status=gone; echo $?; "$isolab" ps -af before=none; echo $?
            "$isolab" inspect --size one --format '{{.SizeRootFs}}' | grep -c '[1-9][0-9][0-9]'
            "$isolab" rm one two three > /dev/null
            """, in: try Place())
        #expect(
            result.output == """
                [three]
                [three two]
                []
                [three two]
                [three one]
                [three]
                [two]
                [three two]
                [one]
                [two one]
                2
                2
                1
                1

                """, "\(result.output)\(result.complaints)")
    }

    /// Each option shows inside, or in what is told of the container.
    @Test(
        arguments: [
            (
                "--init", "sh -c 'tr \"\\0\" \" \" < /proc/1/cmdline'",
                "/dev/init -- sh -c tr \"\\0\" \" \" < /proc/1/cmdline "
            ),
            ("--init", "sh -c 'kill -TERM 1; sleep 5'; echo $?", "143\n"),
            ("--init", "sh -c 'exit 7'; echo $?", "7\n"), ("--init", "nope 2>/dev/null; echo $?", "127\n"),
            ("--pid host", "readlink /proc/self/ns/pid", nil), ("--ipc host", "readlink /proc/self/ns/ipc", nil),
            ("--uts host", "readlink /proc/self/ns/uts", nil),
            ("--cgroupns host", "readlink /proc/self/ns/cgroup", nil),
            ("--uts host", "cat /proc/sys/kernel/hostname", nil),
            (
                "--uts host",
                "sh -c '[ $HOSTNAME = $(hostname) ] && [ $(cat /etc/hostname) = $(hostname) ] && echo same'", "same\n"
            ),
            ("--oom-score-adj 500", "cat /proc/self/oom_score_adj", "500\n"),
            (
                "--cpu-quota 50000 --cpu-period 200000",
                "sh -c 'cd /sys/fs/cgroup; cat cpu.max cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us 2>/dev/null' | xargs -n1 echo",
                "50000\n200000\n"
            ),
            ("--cpuset-mems 0", "grep Mems_allowed_list /proc/self/status", "Mems_allowed_list:\t0\n"),
            ("--net host", "readlink /proc/self/ns/net", nil),
        ] as [(String, String, String?)])
    func options(options: String, command: String, output: String?) throws {
        let result = try EnginePlace.run(options, command)
        if let output {
            #expect(result.output == output, "\(result.complaints)")
        } else {
            // The host's own.
            let own = try EnginePlace.shell(command)
            #expect(result.output == own.output && !own.output.isEmpty, "\(result.complaints)")
        }
    }

    /// Orphans are taken in by the first process; without one, a command that knows nothing of them leaves them as they ended.
    @Test(arguments: [("--init", "0"), ("", "1")]) func orphans(option: String, left: String) throws {
        let result = try EnginePlace.shell(
            """
            name=orphans-$$; "$isolab" run --rm --name $name \(option) busybox sh -c '(sleep 0.2 &) ; exec sleep 60' &
            inside() { "$isolab" exec $name "$@" 2>/dev/null; }
            for i in $(seq 300); do inside ps -o args | grep -q '^sleep 60' && ! inside ps -o args | grep -q '^sleep 0.2' && break
                sleep 0.1; done
            inside ps -o stat,comm | grep -c '^Z'; "$isolab" rm -f $name > /dev/null; wait
            """)
        #expect(result.output == left + "\n", "\(result.output)\(result.complaints)")
    }

    /// Labels from a file below those of the line; how long it may take to end is kept for whoever ends it.
    @Test func kept() throws {
        let result = try EnginePlace.shell(
            """
            printf '# words\\na=1\\nb=2\\n' > labels
            "$isolab" run --name kept-$$ --label-file labels --label b=3 --stop-timeout 7 -q busybox true
            "$isolab" inspect kept-$$ --format '{{.Labels.a}} {{.Labels.b}} {{.StopTimeout}} {{.State.OOMKilled}}'
            "$isolab" rm kept-$$ > /dev/null
            """)
        #expect(result.output == "1 3 7 false\n", "\(result.complaints)")
    }

    /// That the kernel ended a container for want of memory is told, and written down.
    @Test func wantOfMemory() throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" run --name greedy-$$ --memory 8m busybox dd if=/dev/zero of=/dev/null bs=64M count=1; echo $?
            "$isolab" inspect greedy-$$ --format '{{.State.OOMKilled}}'; "$isolab" rm greedy-$$ > /dev/null
            """)
        #expect(result.output == "137\ntrue\n", "\(result.output)\(result.complaints)")
        #expect(result.complaints.contains("ran out of memory (--memory 8m)"), "\(result.complaints)")
    }

    /// A further command has the variables of a file, a terminal's TERM and the HOME it is given; or is left to the container.
    @Test func execute() throws {
        let result = try EnginePlace.shell(
            """
            printf 'A=1\\nB=2\\n' > env; "$isolab" run --rm --name exec-$$ busybox sleep 60 & 
            until "$isolab" exec exec-$$ true 2>/dev/null; do sleep 0.1; done
            "$isolab" exec --env-file env -e B=3 exec-$$ sh -c 'echo $A$B'
            "$isolab" exec -u 0 -e HOME=/x exec-$$ sh -c 'echo $HOME'; "$isolab" exec -u 12 exec-$$ sh -c 'echo $HOME'
            "$terminal" "\\"$isolab\\" exec -t exec-$$ env" < /dev/null | grep -c ^TERM=
            "$isolab" exec -d exec-$$ sh -c 'echo there > /made'; echo $?; "$isolab" exec -d exec-$$ nope; echo $?
            until [ "$("$isolab" exec exec-$$ cat /made 2>/dev/null)" = there ]; do sleep 0.1; done
            "$isolab" rm -f exec-$$ > /dev/null; wait
            """)
        #expect(result.output == "13\n/x\n/\n1\n0\n127\n", "\(result.output)\(result.complaints)")
    }

    /// Mistakes in options are told by their names.
    @Test(arguments: [
        ("--pid container:x", "--pid"), ("--ipc shareable", "--ipc"), ("--oom-score-adj 1001", "--oom-score-adj"),
        ("--cpus 1 --cpu-quota 5000", "--cpus"), ("--cpu-period 5", "--cpu-period"), ("--cpu-quota 5", "--cpu-quota"),
        ("--label-file none", "none"), ("--sysctl kernel.msgmax=1 --ipc host", "--sysctl"),
        ("--uts container:x", "--uts"), ("--cgroupns nosuch", "--cgroupns"), ("--uts host --hostname x", "--hostname"),
        ("--blkio-weight 9", "--blkio-weight"), ("--vm --uts host", "--uts"), ("--vm --cgroupns host", "--cgroupns"),
        ("--vm --init", "--init"), ("--mount 'type=bind,\"source=/x'", "--mount"),
    ])
    func refusals(options: String, word: String) throws {
        let result = try EnginePlace.run(options, "true")
        #expect(result.status == 125)
        #expect(result.complaints.contains(word), "\(result.complaints)")
    }
}
