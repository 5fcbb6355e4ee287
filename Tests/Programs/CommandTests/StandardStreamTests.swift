import Glibc
import Linux
import Testing

/// The standard streams of `run`, `exec` and a build's RUN: pipes between the caller's and the container's, through which everything
/// goes and nothing of the host can be reached.
@Suite(.enabled(if: EnginePlace.canRun, "\(EnginePlace.reason)"))
struct StandardStreamTests {
    private static let attack = """
        timeout 2 cat /proc/self/fd/2; (echo overwritten > /proc/self/fd/2) 2>/dev/null; chown 5 /proc/self/fd/2; chmod 4755 /proc/self/fd/2
        """

    /// A log that is appended to cannot be read, overwritten, or given another mode or owner by whoever writes into it: not by the
    /// first process, not by one that joins, not by a build. Naive, with the file itself handed in, all of that works.
    @Test(arguments: ["naive", "run", "exec", "build"])
    func filesOfTheCaller(kind: String) throws {
        let result = try EnginePlace.shell(
            """
            cat > attack <<'END'
            \(Self.attack)
            END
            echo "old line of the host" > log; chmod 644 log
            name=streams-$$
            case \(kind) in
            naive) sh attack 2>> log;;
            run) "$isolab" run --rm busybox sh -c "$(cat attack)" 2>> log;;
            exec) "$isolab" run --rm --name $name busybox sleep 60 > /dev/null 2>&1 &
                for i in $(seq 200); do "$isolab" exec $name true 2> /dev/null && break; sleep 0.1; done
                "$isolab" exec $name sh -c "$(cat attack)" 2>> log; "$isolab" rm -f $name > /dev/null;;
            build) { echo FROM busybox; echo 'RUN <<END'; cat attack; echo END; } > Containerfile
                mkdir context; "$isolab" build -f Containerfile context 2>> log;;
            esac
            stat -c '%a %u' log; head -n 1 log
            """)
        let lines = result.output.split(separator: "\n").map(String.init)
        if kind == "naive" {
            #expect(
                lines.contains("old line of the host") && lines.contains("4755 5"),
                "the negative control does not attack")
        } else {
            #expect(
                Array(lines.suffix(2)) == ["644 0", "old line of the host"], "\(result.output)\(result.complaints)")
            #expect(!lines.dropLast(2).contains("old line of the host"), "\(result.output)")
        }
    }

    /// Whatever the caller's streams are, what goes in comes out, to the last byte, and its end as well.
    @Test(arguments: ["file", "pipe", "socket", "append", "device"])
    func everyKind(kind: String) throws {
        let command = "\"$isolab\" run --rm -i busybox sh -c 'cat; echo end'"
        let line =
            switch kind {
            case "file": "\(command) < data > out"
            case "pipe": "cat data | \(command) | cat > out"
            case "socket":
                "python3 both.py \(command.replacing("'", with: "\"")) > out"
            case "append": ": > out; \(command) < data >> out"
            default: "\(command) < /dev/null > out; \(command) < data > /dev/null; cat data out > both; mv both out"
            }
        let result = try EnginePlace.shell(
            """
            head -c 3000001 /dev/urandom > data
            cat > both.py <<'END'
            import socket, subprocess, sys, threading
            ours, theirs = socket.socketpair()
            command = [sys.argv[1]] + sys.argv[2:]
            child = subprocess.Popen(command, stdin=theirs, stdout=theirs); theirs.close()
            def send():
                ours.sendall(open("data", "rb").read()); ours.shutdown(socket.SHUT_WR)
            threading.Thread(target=send).start()
            while True:
                data = ours.recv(65536)
                if not data: break
                sys.stdout.buffer.write(data)
            sys.exit(child.wait())
            END
            \(line)
            echo status $?
            head -c 3000001 out | cmp - data && tail -c 4 out
            """)
        #expect(result.output == "status 0\nend\n", "\(result.output)\(result.complaints)")
    }

    /// Where output and errors go to one place, they come out in the order in which they were written.
    @Test func order() throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" run --rm busybox sh -c 'for i in $(seq 300); do echo $i; echo $i >&2; done' > both 2>&1
            for i in $(seq 300); do echo $i; echo $i; done | cmp - both && echo same
            """)
        #expect(result.output == "same\n", "\(result.complaints)")
    }

    /// Who writes to an output that nobody reads any more learns it as with a pipe: by SIGPIPE, and its status says so.
    @Test func closedOutput() throws {
        let result = try EnginePlace.shell(
            """
            { "$isolab" run --rm busybox sh -c 'yes; exit $?'; echo status $? >&2; } | head -n 1
            { "$isolab" run --rm busybox sh -c 'trap "" PIPE; while echo x; do :; done 2> /dev/null; exit 5'; echo status $? >&2; } | head -n 1
            "$isolab" run --rm busybox echo lost > /dev/full; echo status $? >&2
            "$isolab" run --rm busybox echo unheard >&-; echo status $? >&2
            """)
        #expect(result.output == "y\nx\n")
        let statuses = result.complaints.split(separator: "\n").filter { $0.hasPrefix("status") }
        #expect(statuses == ["status 141", "status 5", "status 125", "status 0"], "\(result.complaints)")
        #expect(result.complaints.contains("No space left"))
    }

    /// Nothing is taken of what was meant for others: without -i not a byte, and a command that does not read ends before its
    /// input does.
    @Test func inputOfOthers() throws {
        let result = try EnginePlace.shell(
            """
            printf 'one\ntwo\n' | while read line; do "$isolab" run --rm busybox sh -c "cat; echo $line"; done
            mkfifo slow; sleep 600 > slow & "$isolab" run --rm -i busybox echo done < slow; kill $!
            "$isolab" run --rm -i busybox sh -c 'exec <&-; sleep 1; echo closed' < /dev/zero
            """)
        #expect(result.output == "one\ntwo\ndone\nclosed\n", "\(result.complaints)")
    }

    /// A process that stays in the background of an exec, with its streams, does not hold it; what the command wrote is out.
    @Test func backgroundOfAnExec() throws {
        let result = try EnginePlace.shell(
            """
            name=background-$$
            "$isolab" run --rm --name $name busybox sleep 60 > /dev/null 2>&1 &
            for i in $(seq 200); do "$isolab" exec $name true 2> /dev/null && break; sleep 0.1; done
            "$isolab" exec $name sh -c 'sleep 1000 & head -c 60000 /dev/zero; echo end' | tail -c 4
            "$isolab" exec -i $name sh -c 'yes background & echo x; exit 3' < /dev/null > many; echo status $?
            "$isolab" rm -f $name > /dev/null
            """)
        #expect(result.output == "end\nstatus 3\n", "\(result.complaints)")
    }

    /// A slow reader holds nothing up for good: a signal is heard while the output waits.
    @Test func slowReader() throws {
        let result = try EnginePlace.shell(
            """
            mkfifo out; sleep 600 < out & reader=$!
            "$isolab" run --rm --name slow-$$ busybox sh -c 'trap "exit 9" TERM; echo begun; while :; do echo more; done' > out & run=$!
            exec 9> /dev/null
            for i in $(seq 300); do "$isolab" exec slow-$$ true 2> /dev/null && break; sleep 0.1; done
            kill -TERM $run; sleep 0.2; kill -TERM $run; sleep 0.2; kill -KILL $reader
            wait $run; echo status $?
            """)
        #expect(
            ["status 9\n", "status 137\n", "status 141\n"].contains(result.output),
            "\(result.output)\(result.complaints)")
    }

    /// A paste of more than terminals hold goes in while its echo comes out, and the terminal hears of signals meanwhile.
    @Test(
        .enabled(if: access("/usr/bin/python3", X_OK) == 0, "needs python3"), arguments: ["run", "exec"])
    func paste(kind: String) throws {
        let result = try EnginePlace.shell(
            """
            name=paste-$$
            cat > paste.py <<'END'
            import os, pty, select, sys, time
            child, master = pty.fork()
            if child == 0: os.execvp(sys.argv[1], sys.argv[1:])
            os.set_blocking(master, False)
            seen = b""
            def take(wait):
                global seen
                if select.select([master], [], [], wait)[0]:
                    try: seen = (seen + os.read(master, 65536))[-4096:]
                    except OSError: return False
                return True
            limit = time.time() + 120
            while b"ready" not in seen and time.time() < limit and take(1): pass
            data = (b"x" * 46 + b"\\n") * 4000 + b"\\x04"; sent = 0; last = time.time()
            while sent < len(data) and time.time() - last < 60:
                readable, writable, _ = select.select([master], [master], [], 1)
                if readable: take(0)
                if writable:
                    try:
                        sent += os.write(master, data[sent:sent + 1024]); last = time.time()
                    except BlockingIOError: pass
            while time.time() < limit and take(1): pass
            # The kernel closes what a process has open before it calls it ended: the terminal is gone a little earlier.
            end = os.pidfd_open(child)
            ended = select.select([end], [], [], max(10, limit - time.time()))[0]
            if not ended: os.kill(child, 9)
            os.waitpid(child, 0)
            counted = ["188001"] if b"188001" in seen else []
            print("all" if sent == len(data) else "part", "ended" if ended else "hangs", *counted)
            END
            # Typed before the terminal is raw, what goes beyond a line of 4095 bytes is dropped by the kernel, with or without isolab.
            raw='stty raw -echo; echo ready; sleep 1; head -c 188001 | wc -c'
            if [ \(kind) = run ]; then
                python3 paste.py "$isolab" run --rm -it busybox sh -c 'echo ready; cat > /dev/null'
                python3 paste.py "$isolab" run --rm -it busybox sh -c 'echo ready; cat'
                python3 paste.py "$isolab" run --rm -it busybox sh -c "$raw"
            else
                "$isolab" run --rm --name $name busybox sleep 200 > /dev/null 2>&1 &
                for i in $(seq 200); do "$isolab" exec $name true 2> /dev/null && break; sleep 0.1; done
                python3 paste.py "$isolab" exec -it $name sh -c 'echo ready; cat'
                python3 paste.py "$isolab" exec -it $name sh -c "$raw"
                "$isolab" rm -f $name > /dev/null
            fi
            """)
        #expect(
            result.output.split(separator: "\n")
                == Array(repeating: "all ended", count: kind == "run" ? 2 : 1) + ["all ended 188001"],
            "\(result.output)\(result.complaints)")
    }
}
