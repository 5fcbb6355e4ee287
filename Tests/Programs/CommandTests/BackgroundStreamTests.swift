import Glibc
import Linux
import Testing

/// What a container in the background says and hears.
@Suite(.enabled(if: EnginePlace.canRun, "\(EnginePlace.reason)"))
struct BackgroundStreamTests {
    /// Nothing of what is said is lost or changed on its way into the log and out of it, a line without an end neither.
    @Test func logs() throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" run -d --name logs-$$ busybox sh -c 'seq 1 5000; printf "tab\\t\\"quote\\\\ \\303\\251\\001"; printf end' > /dev/null
            "$isolab" wait logs-$$ > /dev/null
            { seq 1 5000; printf 'tab\\t"quote\\\\ \\303\\251\\001end'; } > expected
            "$isolab" logs logs-$$ > shown; cmp shown expected && echo same
            "$isolab" logs -n 3 logs-$$ | head -2; "$isolab" logs --tail 0 logs-$$ | wc -l; "$isolab" logs -n=-1 logs-$$ | wc -l
            "$isolab" logs -t -n 1 logs-$$ | grep -cE '^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{9}Z tab'
            "$isolab" logs --since 1h logs-$$ | wc -l; "$isolab" logs --until 1h logs-$$ | wc -l; "$isolab" logs --since nope logs-$$; echo $?
            path=$("$isolab" inspect logs-$$ --format '{{.LogPath}}'); stat -c %a $path; head -1 $path | cut -c1-40
            "$isolab" rm logs-$$ > /dev/null; test -e $path; echo $?
            "$isolab" run -d --name mute-$$ --log-driver none busybox echo hi > /dev/null; "$isolab" logs mute-$$; echo $?
            "$isolab" rm -f mute-$$ > /dev/null; "$isolab" run --name front-$$ busybox echo hi > /dev/null; "$isolab" logs front-$$; echo $?
            "$isolab" rm front-$$ > /dev/null
            """)
        #expect(
            result.output.split(separator: "\n").map(String.init) == [
                "same", "4999", "5000", "0", "5000", "1", "5000", "0", "2", "600",
                #"{"log":"1\n","stream":"stdout","time":"2"#, "1", "1", "1",
            ], "\(result.output)\(result.complaints)")
    }

    /// `logs -f` tells what is said from then on, from one file into the next, and ends with the container.
    @Test func follows() throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" run -d --name follow-$$ --log-opt max-size=20k --log-opt max-file=3 busybox sh -c \\
                'for i in $(seq 1 40); do seq $((i*100)) $((i*100+99)); sleep 0.01; done' > /dev/null
            timeout 60 "$isolab" logs -f follow-$$ > followed; echo "status $?"
            seq 100 4099 > expected; tail -n 1 followed; sort -n followed | uniq -d | wc -l
            tail -c +1 followed | sort -nc && echo in order
            directory=$(dirname $("$isolab" inspect follow-$$ --format '{{.LogPath}}')); ls $directory | grep -c 'log'
            find $directory -name '*log*' -size +20k | wc -l; "$isolab" logs -n 5 follow-$$ | head -1
            "$isolab" rm follow-$$ > /dev/null
            """)
        #expect(
            result.output == "status 0\n4099\n0\nin order\n3\n0\n4095\n", "\(result.output)\(result.complaints)")
    }

    /// What is typed goes in, what is said comes out, and the status is the container's.
    @Test func attaches() throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" create -i --name typed-$$ busybox sh -c 'read a; echo got $a; echo error >&2; cat; exit 6' > /dev/null
            printf 'one\\ntwo\\n' | timeout 60 "$isolab" start -ai typed-$$ 2> errors; echo "status $?"; cat errors
            "$isolab" logs typed-$$ 2> /dev/null
            "$isolab" run -d -i --name open-$$ busybox cat > /dev/null
            printf 'first\\n' | timeout 5 "$isolab" attach open-$$ > attached & until grep -q first attached; do sleep 0.05; done
            kill -9 $!; printf 'second\\n' | timeout 5 "$isolab" attach open-$$ > again & until grep -q second again; do sleep 0.05; done
            "$isolab" inspect open-$$ --format '{{.State.Status}}'; "$isolab" kill open-$$ > /dev/null; wait; cat again
            "$isolab" attach open-$$; echo "status $?"; "$isolab" rm typed-$$ open-$$ > /dev/null
            """)
        #expect(
            result.output.split(separator: "\n") == [
                "got one", "two", "status 6", "error", "got one", "two", "running", "second", "status 1",
            ], "\(result.output)\(result.complaints)")
    }

    /// A signal to an attached command is the container's, unless it is told to keep it.
    @Test func passesSignals() throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" run -d --name signals-$$ busybox sh -c 'trap "echo heard" USR1; while :; do echo here; sleep 0.05; done' > /dev/null
            "$isolab" attach --no-stdin signals-$$ > said & pid=$!; until grep -q here said; do sleep 0.05; done
            for i in $(seq 100); do kill -USR1 $pid; grep -q heard said && break; sleep 0.1; done; grep -q heard said && echo heard
            kill -9 $pid; "$isolab" attach --sig-proxy=false signals-$$ < /dev/null > alone & pid=$!
            until grep -q here alone; do sleep 0.05; done; kill -TERM $pid; wait $pid; echo $?
            "$isolab" inspect signals-$$ --format '{{.State.Status}}'; "$isolab" rm -f signals-$$ > /dev/null
            """)
        #expect(result.output == "heard\n143\nrunning\n", "\(result.output)\(result.complaints)")
    }

    /// Why there is no log of a container in the foreground, and what keeps one; once it is started again it has one.
    @Test func foregroundHasNone() throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" run --name front-$$ busybox echo said; "$isolab" logs front-$$ 2>&1 | grep -c 'ran in the foreground.*`isolab run -d`'
            "$isolab" start front-$$ > /dev/null; "$isolab" wait front-$$; "$isolab" logs front-$$; "$isolab" rm front-$$ > /dev/null
            "$isolab" exec --detach-keys ctrl-x front-$$ sh 2>&1 | grep -c -e '--detach-keys: not supported'
            """)
        #expect(result.output == "said\n1\n0\nsaid\n1\n", "\(result.output)\(result.complaints)")
    }

    /// Whoever attaches goes when nobody reads from it any more; the container stays.
    @Test func readersThatGo() throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" run -d --name loud-$$ busybox sh -c 'while :; do echo word; sleep 0.05; done' > /dev/null
            timeout 60 bash -c '"$0" attach --no-stdin "$1" | head -n 1' "$isolab" loud-$$; echo $?
            "$isolab" inspect loud-$$ --format '{{.State.Status}}'; "$isolab" rm -f loud-$$ > /dev/null
            """)
        #expect(result.output == "word\n0\nrunning\n", "\(result.output)\(result.complaints)")
    }

    /// A terminal of its own, of the size of the caller's, which the detach keys leave.
    @Test func terminal() throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" run -dit --name term-$$ busybox sh > /dev/null
            { printf 'stty size; tty\\n'; for i in $(seq 300); do grep -q /dev/pts seen && break; sleep 0.1; done; printf '\\020\\021'; } \\
                | timeout 30 "$terminal" "stty rows 33 cols 77; exec \\"$isolab\\" attach term-$$" > seen; echo "status $?"
            grep -q '33 77' seen && echo size; grep -q /dev/pts seen && echo pts
            "$isolab" inspect term-$$ --format '{{.State.Status}}'; "$isolab" rm -f term-$$ > /dev/null
            """)
        #expect(result.output == "status 0\nsize\npts\nrunning\n", "\(result.output)\(result.complaints)")
    }
}
