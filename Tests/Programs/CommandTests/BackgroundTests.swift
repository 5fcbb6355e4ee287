import Glibc
import Linux
import Testing

/// Containers in the background: what becomes of them, and what is done with them.
@Suite(.enabled(if: EnginePlace.canRun, "\(EnginePlace.reason)"))
struct BackgroundTests {
    /// From the start to the end, and started again; each time all of it is told.
    @Test func life() throws {
        let result = try EnginePlace.shell(
            """
            name=life-$$
            id=$("$isolab" run -d --name $name busybox sh -c 'echo said; echo wrong >&2; trap "exit 7" TERM; while :; do sleep 0.1; done')
            echo ${#id}; "$isolab" ps --format '{{.Names}} {{.State}}' | grep $name
            until [ "$("$isolab" logs $name 2>&1 | wc -l)" = 2 ]; do sleep 0.1; done
            "$isolab" logs $name 2>/dev/null; "$isolab" logs $name 2>&1 >/dev/null
            "$isolab" exec $name echo further
            "$isolab" inspect $name --format '{{.State.Running}} {{.State.ExitCode}} {{.HostConfig.LogConfig.Type}}'
            "$isolab" stop $name; "$isolab" inspect $name --format '{{.State.Status}} {{.State.ExitCode}} {{.State.Pid}}'
            "$isolab" stop $name; "$isolab" start $name; "$isolab" start $name
            "$isolab" inspect $name --format '{{.State.Status}} {{.State.FinishedAt}}'
            "$isolab" rm $name; echo "status $?"; "$isolab" rm -f $name; "$isolab" ps -aq --filter name=$name | wc -l
            """)
        #expect(
            result.output.replacing("life-", with: "").split(separator: "\n")
                .map { String($0).replacingNumberAtStart("NAME") } == [
                    "64", "NAME running", "said", "wrong", "further", "true 0 json-file", "NAME", "exited 7 0", "NAME",
                    "NAME", "NAME", "running 0001-01-01T00:00:00Z", "status 1", "NAME", "0",
                ], "\(result.output)\(result.complaints)")
    }

    /// The command returns and holds nothing of the caller's: whoever reads its output sees the end of that.
    @Test func returns() throws {
        let result = try EnginePlace.shell(
            """
            exec 7> held
            "$isolab" run -d --name returns-$$ busybox sleep 1000 | cat > id; test -s id && echo returned
            pid=$("$isolab" inspect returns-$$ --format '{{.State.Pid}}'); keeper=$(sed -n 's/^PPid:.//p' /proc/$pid/status)
            cat /proc/$keeper/comm; ls -l /proc/$keeper/fd | grep -c held; ls -l /proc/$pid/fd | grep -c held
            readlink /proc/$keeper/cwd | grep -c "$(cat id)"
            "$isolab" rm -f returns-$$ > /dev/null
            """)
        #expect(result.output == "returned\nisolab-keeper\n0\n0\n1\n", "\(result.output)\(result.complaints)")
    }

    /// A keeper takes at most a mebibyte, whatever its container has said.
    @Test func footprint() throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" run -d --name small-$$ --log-opt max-size=1m busybox sh -c 'seq 1 20000; echo over; sleep 1000' > /dev/null
            until "$isolab" logs -n 1 small-$$ | grep -q over; do sleep 0.1; done
            sed -n 's/^PPid:.//p' /proc/$("$isolab" inspect small-$$ --format '{{.State.Pid}}')/status
            """)
        let keeper = try #require(Int32(result.output.split(separator: "\n").last ?? ""), "\(result.complaints)")
        let memory = try #require(try Procfs.memory(of: keeper))
        #expect(memory.proportional <= 1 << 20, "\(memory)")
        _ = try EnginePlace.shell("\"$isolab\" rm -f $(\"$isolab\" ps -q --filter name=small-)")
    }

    /// With `--rm` nothing is left, and what could not be started leaves nothing and says why.
    @Test func nothingIsLeft() throws {
        let result = try IsolabProgram.shell(
            """
            export ISOLAB_DATA="$place/data"; "$isolab" image bootstrap busybox >/dev/null
            "$isolab" run -d --rm --name gone busybox sh -c 'exit 3' > /dev/null
            for i in $(seq 100); do [ "$("$isolab" ps -aq | wc -l)" = 0 ] && break; sleep 0.1; done
            "$isolab" run -d busybox nosuch; echo "status $?"; "$isolab" run -d busybox /etc; echo "status $?"
            ls data/containers data/containers/names data/containers/live data/images/containers
            """, in: try Place())
        #expect(
            result.output.split(separator: "\n").filter { !$0.hasSuffix(":") } == [
                "status 127", "status 126", "live", "names",
            ], "\(result.output)\(result.complaints)")
        #expect(result.complaints.contains("nosuch: there is no such program"), "\(result.complaints)")
    }

    /// Made and started later; a start that fails is told, and the container is still there.
    @Test func creates() throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" create --name made-$$ busybox sh -c 'echo $1 once; exit 5' - > /dev/null
            "$isolab" ps -a --filter name=made-$$ --format '{{.State}} {{.Status}}'; "$isolab" wait made-$$
            "$isolab" start -a made-$$; echo "status $?"; "$isolab" start -a made-$$; echo "status $?"
            "$isolab" logs made-$$ | wc -l; "$isolab" rm made-$$ > /dev/null
            "$isolab" create --name wrong-$$ busybox nosuch > /dev/null; "$isolab" start wrong-$$; echo "status $?"
            "$isolab" inspect wrong-$$ --format '{{.State.Status}} {{.State.ExitCode}} {{.State.Error}}'
            "$isolab" rm wrong-$$ > /dev/null; echo "status $?"
            "$isolab" run --name front-$$ busybox sh -c 'date >> /times'; "$isolab" start -a front-$$
            "$isolab" start -a front-$$; "$isolab" rm front-$$ > /dev/null
            """)
        #expect(
            result.output.split(separator: "\n") == [
                "created Created", "0", "once", "status 5", "once", "status 5", "2", "status 1",
                "created 127 nosuch: there is no such program in the container's PATH", "status 0",
            ], "\(result.output)\(result.complaints)")
    }

    /// What several do to a container that ends: all learn how.
    @Test func waits() throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" run -d --name waits-$$ busybox sh -c 'while ! test -e /go; do sleep 0.05; done; exit 9' > /dev/null
            for i in 1 2 3; do "$isolab" wait waits-$$ > waited$i & pids="$pids $!"; done
            "$isolab" exec waits-$$ touch /go; wait $pids; cat waited*; "$isolab" wait waits-$$
            "$isolab" start waits-$$ > /dev/null; "$isolab" wait waits-$$; "$isolab" rm waits-$$ > /dev/null
            """)
        #expect(result.output == "9\n9\n9\n9\n9\n", "\(result.output)\(result.complaints)")
    }

    /// One that does not hear is killed after its time, by its keeper: the command that asked may be gone by then.
    @Test func stops() throws {
        let result = try EnginePlace.shell(
            """
            deaf="busybox sh -c 'trap : TERM; echo ready; while :; do sleep 0.1; done'"
            eval "\\"$isolab\\" run -d --name deaf-$$ --stop-timeout 1 $deaf" > /dev/null
            eval "\\"$isolab\\" run -d --name left-$$ --stop-timeout 1 $deaf" > /dev/null
            for name in deaf left; do until "$isolab" logs $name-$$ | grep -q ready; do sleep 0.1; done; done
            "$isolab" stop left-$$ & sleep 0.2; kill -9 $!; wait $! 2> /dev/null
            "$isolab" stop deaf-$$ > /dev/null; "$isolab" inspect deaf-$$ --format '{{.State.ExitCode}}'
            "$isolab" wait left-$$
            "$isolab" run -d --name quick-$$ --stop-signal USR1 busybox sh -c 'trap "exit 4" USR1; echo ready; while :; do sleep 0.1; done' >/dev/null
            until "$isolab" logs quick-$$ | grep -q ready; do sleep 0.1; done
            "$isolab" stop quick-$$ > /dev/null; "$isolab" wait quick-$$
            "$isolab" start quick-$$ > /dev/null; "$isolab" kill quick-$$ > /dev/null; "$isolab" wait quick-$$; "$isolab" kill quick-$$; echo $?
            "$isolab" rm deaf-$$ left-$$ quick-$$ > /dev/null; echo $?
            """)
        #expect(result.output == "137\n137\n4\n137\n1\n0\n", "\(result.output)\(result.complaints)")
    }

    @Test func pauses() throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" run -d --name paused-$$ busybox sh -c 'i=0; while :; do echo $i; i=$((i+1)); sleep 0.02; done' > /dev/null
            "$isolab" pause paused-$$ > /dev/null; "$isolab" ps --filter name=paused-$$ --format '{{.State}} {{.Status}}' | sed 's/Up .* (/(/;s/Up *(/(/'
            one=$("$isolab" logs paused-$$ | wc -l); sleep 0.3; two=$("$isolab" logs paused-$$ | wc -l); [ $one = $two ] && echo still
            "$isolab" pause paused-$$; echo $?; "$isolab" exec paused-$$ true; echo $?
            "$isolab" unpause paused-$$ > /dev/null; until [ "$("$isolab" logs paused-$$ | wc -l)" -gt $two ]; do sleep 0.05; done; echo on
            "$isolab" pause paused-$$ > /dev/null; "$isolab" stop -t 0 paused-$$ > /dev/null; "$isolab" wait paused-$$
            "$isolab" start paused-$$ > /dev/null; "$isolab" pause paused-$$ > /dev/null; "$isolab" rm -f paused-$$ > /dev/null; echo $?
            """)
        #expect(result.output == "paused (Paused)\nstill\n1\n125\non\n137\n0\n", "\(result.output)\(result.complaints)")
    }

    /// The files of the image and the container's own, in one archive; what it removed is not there.
    @Test func exports() throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" run -d --name files-$$ busybox sh -c 'echo own > /own; rm /etc/group; ln -s /own /link; echo ready; sleep 1000' > /dev/null
            until "$isolab" logs files-$$ | grep -q ready; do sleep 0.05; done
            "$isolab" export files-$$ > all.tar; "$isolab" export -o again.tar files-$$; cmp all.tar again.tar && echo same
            mkdir out; tar -xf all.tar -C out; cat out/own; readlink out/link; test -e out/etc/group; echo $?; test -x out/bin/busybox; echo $?
            find out -name '.wh.*' | wc -l; "$isolab" ps --filter name=files-$$ --format '{{.State}}'; "$isolab" rm -f files-$$ > /dev/null
            """)
        #expect(result.output == "same\nown\n/own\n1\n0\n0\nrunning\n", "\(result.output)\(result.complaints)")
    }

    @Test func renames() throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" run -d --name old-$$ busybox sleep 1000 > /dev/null; "$isolab" create --name other-$$ busybox true > /dev/null
            "$isolab" rename old-$$ other-$$; echo $?; "$isolab" rename old-$$ 'a b'; echo $?
            "$isolab" rename old-$$ new-$$; echo $?; "$isolab" exec new-$$ echo in; "$isolab" exec old-$$ true; echo $?
            "$isolab" create --name old-$$ busybox true > /dev/null; echo $?
            "$isolab" rm -f new-$$ old-$$ other-$$ | wc -l
            """)
        #expect(result.output == "1\n2\n0\nin\n125\n0\n3\n", "\(result.output)\(result.complaints)")
    }
}

extension String {
    /// The shell's number at the start, as a word.
    fileprivate func replacingNumberAtStart(_ word: String) -> String {
        let digits = prefix { $0.isNumber }
        return digits.count > 2 ? word + dropFirst(digits.count) : self
    }

    /// Commands print a container as it was typed, as docker's do, and say how it is in a sentence.
    @Test func asTyped() throws {
        let result = try EnginePlace.shell(
            """
            id=$("$isolab" create --name typed-$$ busybox sleep 1000); short=$(echo $id | cut -c1-12)
            "$isolab" pause $short 2>&1 | grep -c 'it has not been started; only a running'
            for command in start pause unpause 'update --pids-limit 40' 'stop -t 0'; do "$isolab" $command $short; done | sed "s/$short/SHORT/"
            "$isolab" exec $short true 2>&1 | grep -c 'it has exited; '; "$isolab" rm $short | sed "s/$short/SHORT/"
            """)
        #expect(
            result.output.split(separator: "\n") == ["1", "SHORT", "SHORT", "SHORT", "SHORT", "SHORT", "1", "SHORT"],
            "\(result.output)\(result.complaints)")
    }
}
