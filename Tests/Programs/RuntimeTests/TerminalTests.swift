import Glibc
import Linux
import OCI
import TestSupport
import Testing

/// config.md, `process.terminal` and `consoleSize`; the terminal's way to an engine.
@Suite(.enabled(if: TestHost.canRun, TestHost.reason)) struct TerminalTests {
    let engine: Engine

    init() throws { engine = try Engine() }

    /// An engine's console socket.
    private final class ConsoleSocket {
        let path: String
        private let listener: Int32

        init(_ path: String) throws {
            self.path = path
            listener = UnixSocket.listen(path)
            if listener < 0 { throw SystemError("listen", path) }
        }

        /// The terminal's master, and what came with it.
        func receive() throws -> (master: Int32, name: String) {
            var ready = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, 20_000) == 1 else { throw SystemError("accept", path, errno: ETIMEDOUT) }
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { throw SystemError("accept", path) }
            defer { close(connection) }
            var name = [UInt8](repeating: 0, count: 4096)
            let (master, count) = UnixSocket.receive(over: connection, into: &name)
            guard master >= 0 else { throw SystemError("recvmsg", path) }
            return (master, String(decoding: name.prefix(count), as: UTF8.self))
        }

        deinit {
            close(listener)
            unlink(path)
        }
    }

    /// Reads until a text has come.
    private func read(_ master: Int32, until text: String) throws -> String {
        var said: [UInt8] = []
        var bytes = [UInt8](repeating: 0, count: 4096)
        while !String(decoding: said, as: UTF8.self).contains(text) {
            var ready = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, 20_000) == 1 else {
                throw SystemError("read", "'\(String(decoding: said, as: UTF8.self))', no '\(text)'", errno: ETIMEDOUT)
            }
            let count = Glibc.read(master, &bytes, bytes.count)
            if count <= 0 { break }
            said += bytes.prefix(count)
        }
        return String(decoding: said, as: UTF8.self)
    }

    /// The master comes by `--console-socket` with a name; inside it is the controlling terminal, /dev/console, of the
    /// configured size and the user's own.
    @Test func consoleSocket() throws {
        let socket = try ConsoleSocket(engine.place + "/console")
        let configuration = engine.configuration(
            "tty; stty size; stat -c '%u' $(tty); test -c /dev/console && echo console; read line; echo \"got $line\"; echo to > /dev/tty; exec sleep 1000"
        ) {
            $0.process?.terminal = true
            $0.process?.consoleSize = .init(height: 33, width: 111)
            $0.process?.user.uid = 12
        }
        let (container, answer) = try engine.create(configuration, ["--console-socket", socket.path])
        #expect(answer.status == 0, "\(answer.complaints)")
        let (master, name) = try socket.receive()
        defer { close(master) }
        #expect(!name.isEmpty)
        #expect(try container.call("start").status == 0)
        let said = try read(master, until: "console")
        #expect(said.contains("/dev/pts/0\r\n33 111\r\n12\r\nconsole"))
        #expect(write(master, "hello\n", 6) == 6)
        let more = try read(master, until: "to\r\n")
        #expect(more.contains("got hello"))
        try container.remove()
    }

    /// The same for `exec --tty --detach`, also where the process is made out of the container's sight.
    @Test(arguments: [false, true]) func consoleSocketOfExec(mayTrace: Bool) throws {
        let container = try engine.started("exec sleep 1000") {
            if mayTrace { $0.process?.capabilities?.bounding.append("CAP_SYS_PTRACE") }
        }
        let socket = try ConsoleSocket(engine.place + "/console")
        let answer = try engine.call(
            "exec", "--tty", "--detach", "--console-socket", socket.path, container.id, "/bin/sh", "-c",
            "tty; exec sleep 1000")
        #expect(answer.status == 0, "\(answer.complaints)")
        let (master, _) = try socket.receive()
        defer { close(master) }
        #expect(try read(master, until: "\r\n") == "/dev/pts/0\r\n")
        try container.remove()
    }

    /// In the foreground the terminal is relayed: what is typed at the caller's goes in, what is said comes out, the
    /// caller's mode is restored, and the status is passed on. For `run` and `exec`.
    @Test(arguments: ["run", "exec"]) func foreground(command: String) throws {
        let script = "stty size; read line; echo \"got $line\"; exit 7"
        let master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        try #require(master >= 0)
        defer { close(master) }
        var (locked, number) = (Int32(0), Int32(-1))
        // TIOCSPTLCK and TIOCGPTN (ioctl_tty(2)): what unlockpt and ptsname do.
        try #require(ioctl(master, 0x4004_5431, &locked) == 0 && ioctl(master, 0x8004_5430, &number) == 0)
        var size = winsize(ws_row: 22, ws_col: 99, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
        let terminal = try OwnedDescriptor(opening: "/dev/pts/\(number)", O_RDWR | O_NOCTTY)
        var before = termios()
        tcgetattr(terminal.number, &before)

        var words = [Engine.program, "--root", engine.root]
        var container: Container?
        if command == "run" {
            let bundle = try engine.bundle(engine.configuration(script) { $0.process?.terminal = true })
            words += ["run", "--bundle", bundle, engine.name()]
        } else {
            let started = try engine.started("exec sleep 1000")
            words += ["exec", "--tty", started.id, "/bin/sh", "-c", script]
            container = started
        }
        let process = try engine.plan(words).spawn(
            StandardStreams(input: terminal.number, output: terminal.number, error: terminal.number))
        #expect(try read(master, until: "22 99\r\n").contains("22 99"))
        #expect(write(master, "typed\r", 6) == 6)
        let said = try read(master, until: "got typed\r\n")
        #expect(said.contains("got typed"))
        #expect(try process.wait(for: words.joined(separator: " "), within: 60).ending == .exited(7))
        var after = termios()
        tcgetattr(terminal.number, &after)
        #expect(before.c_lflag == after.c_lflag && before.c_iflag == after.c_iflag && before.c_oflag == after.c_oflag)
        try container?.remove()
    }

    /// A terminal nobody takes, a socket nobody asked for, one that is not there: refused, nothing left.
    @Test func mismatches() throws {
        let plain = try engine.create(engine.configuration("true"), ["--console-socket", engine.place + "/none"])
        #expect(plain.answer.status == 1)
        #expect(plain.answer.complaints.contains("process.terminal"))
        let terminal = engine.configuration("true") { $0.process?.terminal = true }
        let without = try engine.create(terminal)
        #expect(without.answer.status == 1)
        #expect(without.answer.complaints.contains("--console-socket"))
        let absent = try engine.create(terminal, ["--console-socket", engine.place + "/none"])
        #expect(absent.answer.status == 1)
        #expect(absent.answer.complaints.contains(engine.place + "/none"))
        for one in [plain, without, absent] { #expect(engine.traces(of: one.container.id) == []) }
    }
}
