import Glibc
import Linux
import Testing

/// What stays of a container and what does not, and what is done with one that stays.
@Suite(.enabled(if: EnginePlace.canRun, "\(EnginePlace.reason)"))
struct ContainerKeepingTests {
    /// With `--rm` nothing is left: no record, no files, no cgroup, no mount; also after a failure.
    @Test(arguments: ["true", "false", "nope"]) func nothingIsLeft(command: String) throws {
        let result = try IsolabProgram.shell(
            """
            export ISOLAB_DATA="$place/data"; "$isolab" image bootstrap busybox >/dev/null
            "$isolab" run --rm busybox \(command)
            ls data/containers data/containers/names data/containers/live data/images/containers
            grep -c "$place" /proc/mounts
            """, in: try Place())
        #expect(
            result.output.split(separator: "\n").filter { !$0.hasSuffix(":") } == ["live", "names", "0"],
            "\(result.output)\(result.complaints)")
    }

    /// Without, it is listed with how it ended, shown, compared, made an image, and removed.
    @Test func life() throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" run --name kept-$$ --label a=b busybox sh -c 'echo new > /new; rm /etc/group; echo x >> /etc/passwd; exit 3'
            echo "status $?"
            "$isolab" ps -a --format '{{.Names}} {{.State}} {{.ExitCode}} {{.Labels}}' | grep kept-$$
            "$isolab" ps --format '{{.Names}}' | grep -c kept-$$
            "$isolab" diff kept-$$
            "$isolab" commit -m words -c 'CMD ["cat", "/new"]' -c 'ENV A=1' kept-$$ made-$$ > /dev/null
            "$isolab" inspect made-$$ --format '{{.Config.Cmd}} {{.Config.Env}}'
            "$isolab" commit -c 'RUN true' kept-$$ wrong-$$; echo "wrong $?"
            "$isolab" run --rm made-$$ sh -c 'cat /new; ls /etc/group 2>&1; tail -1 /etc/passwd'
            "$isolab" history made-$$ --format '{{.Comment}}' | head -1
            "$isolab" inspect kept-$$ --format '{{.State.ExitCode}} {{.ImageName}}'
            "$isolab" rmi busybox 2>&1 | grep -c 'in use'
            "$isolab" run --name kept-$$ busybox true; echo "again $?"
            "$isolab" rm kept-$$ > /dev/null && "$isolab" rm kept-$$; echo "gone $?"
            "$isolab" rmi made-$$ > /dev/null; echo "removed $?"
            """)
        let lines = result.output.split(separator: "\n").map(String.init)
        #expect(
            lines.map { $0.replacingDigitsAfterDash } == [
                "status 3", "kept-N exited 3 a=b", "0", "C /etc", "D /etc/group", "C /etc/passwd", "A /new",
                "[cat /new] [A=1]", "wrong 1",
                "new",
                "ls: /etc/group: No such file or directory", "x", "words", "3 busybox", "1", "again 125", "gone 1",
                "removed 0",
            ], "\(result.output)\(result.complaints)")
        #expect(result.complaints.contains("is taken by"))
    }

    /// Further commands run in a container that runs, as whom and where they are asked to.
    @Test func exec() throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" run --rm --name running-$$ -e A=1 busybox sh -c 'echo ready; sleep 100' > log &
            until grep -q ready log; do sleep 0.1; done
            "$isolab" exec running-$$ sh -c 'echo $A; ps | grep -c "[s]leep 100"; exit 5'; echo "status $?"
            "$isolab" exec -u 12 -w /tmp -e A=2 running-$$ sh -c 'id -u; pwd; echo $A'
            echo in | "$isolab" exec -i running-$$ cat
            "$isolab" exec running-$$ nope; echo "status $?"
            "$isolab" ps --format '{{.Names}} {{.State}}' | grep -c "running-$$ running"
            "$isolab" rm running-$$; echo "status $?"
            "$isolab" rm -f running-$$ > /dev/null; wait $!; echo "ended $?"
            "$isolab" exec running-$$ true; echo "status $?"
            """)
        #expect(
            result.output.split(separator: "\n") == [
                "1", "1", "status 5", "12", "/tmp", "2", "in", "status 127", "1", "status 1", "ended 137", "status 125",
            ], "\(result.output)\(result.complaints)")
    }

    /// HOME follows the user that `exec` is asked for, unless somebody has named it; a terminal has a TERM; and who is no user is none.
    @Test func execEnvironment() throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" run --rm --name plain-$$ busybox sh -c 'echo ready; sleep 100' > log &
            "$isolab" run --rm --name named-$$ -e HOME=/named busybox sh -c 'echo ready; sleep 100' > log2 &
            until grep -q ready log && grep -q ready log2; do sleep 0.1; done
            "$isolab" exec -u 12 plain-$$ sh -c 'echo $HOME'
            "$isolab" exec -u 12 -e HOME=/given plain-$$ sh -c 'echo $HOME'
            "$isolab" exec -u 12 named-$$ sh -c 'echo $HOME'
            "$isolab" exec -t plain-$$ sh -c 'echo $TERM' | tr -d '\\r'
            "$isolab" exec -t -e TERM=dumb plain-$$ sh -c 'echo $TERM' | tr -d '\\r'
            "$isolab" exec -u 4294967295 plain-$$ id; echo "status $?"
            "$isolab" exec -u 12:4294967295 plain-$$ id; echo "status $?"
            "$isolab" rm -f plain-$$ named-$$ > /dev/null; wait
            """)
        #expect(
            result.output.split(separator: "\n") == [
                "/", "/given", "/named", "xterm", "dumb", "status 125", "status 125",
            ], "\(result.output)\(result.complaints)")
    }

    /// After `kill -9` of isolab the container is gone with it, and the next command frees what it left: with `--rm` all of it.
    @Test(arguments: [true, false]) func killed(removes: Bool) throws {
        let result = try IsolabProgram.shell(
            """
            export ISOLAB_DATA="$place/data"; "$isolab" image bootstrap busybox >/dev/null
            "$isolab" run \(removes ? "--rm" : "") --name victim busybox sh -c 'echo ready; sleep 100' > log &
            until grep -q ready log; do sleep 0.1; done
            id=$("$isolab" inspect victim --format '{{.Id}}'); pid=$("$isolab" inspect victim --format '{{.State.Pid}}')
            kill -9 $!; wait $! 2>/dev/null
            for i in 1 2 3 4 5 6 7 8 9; do test -d /proc/$pid && grep -q sleep /proc/$pid/cmdline && /bin/sleep 0.1; done
            grep -q sleep /proc/$pid/cmdline 2>/dev/null && echo alive
            "$isolab" ps -a --format '{{.Names}} {{.State}} {{.ExitCode}}'
            find /sys/fs/cgroup -name "*$id*" | wc -l; ls /run/isolab/containers | grep -c $id
            ls data/images/containers | wc -l
            """, in: try Place())
        #expect(
            result.output.split(separator: "\n")
                == (removes ? ["0", "0", "0"] : ["victim exited 137", "0", "0", "1"]),
            "\(result.output)\(result.complaints)")
    }

    /// Many at once on one store: none is lost, none is left.
    @Test func crowd() throws {
        let result = try EnginePlace.shell(
            """
            for i in 1 2 3 4 5 6 7 8 9 10; do "$isolab" run --rm --name crowd-$$-$i busybox sh -c "exit $i" & pids="$pids $!"; done
            for pid in $pids; do wait $pid; echo $?; done
            "$isolab" ps -a --format '{{.Names}}' | grep -c crowd-$$-
            """)
        #expect(result.output == "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n0\n", "\(result.complaints)")
    }
}

extension String {
    /// The shell's number, as `N`.
    fileprivate var replacingDigitsAfterDash: String {
        guard let dash = firstIndex(of: "-"), hasPrefix("kept-") else { return self }
        let rest = self[index(after: dash)...].drop { $0.isNumber }
        return self[...dash] + "N" + rest
    }
}
