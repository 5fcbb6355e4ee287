import Glibc
import Linux
import Testing

/// The user's terminal goes away: a closed window, a broken connection. Whatever lives only as long as its command is not left, with
/// nobody who could come back to it.
@Suite(
    .enabled(
        if: EnginePlace.canRun && access("/usr/bin/python3", X_OK) == 0, "\(EnginePlace.reason), and a terminal python3"
    ))
struct HangUpTests {
    /// Runs a command on a terminal of its own, whose other side is closed when it has said "ready".
    static let onTerminal = """
        cat > terminal.py <<'END'
        import os, pty, select, signal, sys
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        child, master = pty.fork()
        if child == 0: os.execvp(sys.argv[1], sys.argv[1:])
        seen = b""
        while b"ready" not in seen:
            if not select.select([master], [], [], 60)[0]: break
            try: seen += os.read(master, 65536)
            except OSError: break
        if b"ready" not in seen: print("it said", seen)
        os.close(master)
        ended = select.select([os.pidfd_open(child)], [], [], 60)[0]
        if not ended: os.kill(child, 9)
        print("ended" if ended else "hangs", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        END
        on_terminal() { python3 terminal.py "$@"; }

        """

    /// A program without a handler for SIGHUP ends, which the kernel would never tell the first process of a pid namespace; one with a
    /// handler does what it wants first, and has not for ever to do it; one that ignores it has nobody for whom it could go on.
    @Test(arguments: [
        ("-it", "exec sleep 1000", "ended 137"), ("-t", "exec sleep 1000", "ended 137"),
        ("", "exec sleep 1000", "ended 137"),
        ("-it --pid host", "exec sleep 1000", "ended 129"),
        ("-it", "trap '' HUP; exec sleep 1000", "ended 137"),
        ("-it", "trap 'echo handled > /work/mark; exit 3' HUP; while :; do sleep 0.1; done", "ended 3"),
        ("", "trap 'echo handled > /work/mark; exit 3' HUP; while :; do sleep 0.1; done", "ended 3"),
        ("-it", "trap : HUP; while :; do sleep 0.1; done", "ended 137"),
        ("-it", "while :; do echo much; done", "ended"),
    ]) func run(options: String, script: String, end: String) throws {
        let ready = script.replacing("exec ", with: "echo ready; exec ").replacing("while", with: "echo ready; while")
        let result = try EnginePlace.shell(
            """
            \(Self.onTerminal)
            name=hangup-$$; mkdir work
            cat > script <<'END'
            \(ready)
            END
            on_terminal "$isolab" run --rm --name $name \(options) -v "$place/work:/work" busybox sh -c "$(cat script)"
            cat work/mark 2> /dev/null
            "$isolab" ps -a -q --filter name=$name
            """)
        var lines = result.output.split(separator: "\n").map(String.init)
        if script.contains("mark") { #expect(lines.popLast() == "handled", "\(result.output)\(result.complaints)") }
        // How one that always writes learns of it first is luck.
        #expect(lines.count == 1 && lines.first?.hasPrefix(end) == true, "\(result.output)\(result.complaints)")
    }

    /// A process of `exec` is the container's: it is told, `exec` does not stay, and the container does.
    @Test(arguments: [("exec sleep 1000", "ended 129"), ("trap '' HUP; exec sleep 1000", "ended 129")])
    func exec(script: String, end: String) throws {
        let result = try EnginePlace.shell(
            """
            \(Self.onTerminal)
            name=hangup-$$
            "$isolab" run --rm --name $name busybox sleep 200 > /dev/null 2>&1 &
            for i in $(seq 200); do "$isolab" exec $name true 2> /dev/null && break; sleep 0.1; done
            on_terminal "$isolab" exec -it $name sh -c "\(script.replacing("exec ", with: "echo ready; exec "))"
            "$isolab" exec $name echo still here
            "$isolab" rm -f $name > /dev/null
            """)
        #expect(result.output == "\(end)\nstill here\n", "\(result.complaints)")
    }

    /// The signal without a hangup is the program's own affair, as it is with every engine; and of a command that nohup(1) started a
    /// hangup is nobody's.
    @Test func signalAlone() throws {
        let result = try EnginePlace.shell(
            """
            cat > script <<'END'
            trap 'echo heard' HUP; trap 'exit 4' TERM; echo ready; while :; do sleep 0.1; done
            END
            cat > default.py <<'END'
            import os, signal, sys
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
            os.execvp(sys.argv[1], sys.argv[1:])
            END
            for prefix in "python3 default.py" nohup; do
                rm -f out
                $prefix "$isolab" run --rm busybox sh -c "$(cat script)" > out 2> /dev/null & run=$!
                for i in $(seq 300); do grep -qs ready out && break; sleep 0.1; done
                kill -HUP $run; sleep 1; kill -TERM $run; wait $run; echo "status $?"; cat out
            done
            """)
        #expect(result.output == "status 4\nready\nheard\nstatus 4\nready\n", "\(result.complaints)")
    }

    /// A guest's command that ignores the hangup, and with it the guest.
    @Test(.enabled(if: GuestLuckTests.hasGuests, "guests need isolab-vm and QEMU")) func guest() throws {
        let result = try EnginePlace.shell(
            """
            \(Self.onTerminal)
            on_terminal "$isolab" run --rm --vm -it busybox sh -c "trap '' HUP; echo ready; exec sleep 1000"
            """)
        #expect(result.output == "ended 137\n", "\(result.complaints)")
    }
}
