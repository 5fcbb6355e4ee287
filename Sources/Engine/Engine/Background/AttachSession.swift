import Containers
import Glibc
import Keeping
import Linux

/// What an attached command is asked for.
package struct AttachOptions: Sendable {
    /// Whether what is typed goes in.
    package var input = true
    /// Whether signals go to the container.
    package var passesSignals = true
    package var detachKeys = DetachKeys()

    package init() {}
}

/// Between the caller's streams and those of a container in the background, by its keeper.
struct AttachSession {
    let connection: KeeperConnection
    let container: StoredContainer
    var options: AttachOptions

    /// What came of it.
    enum Outcome: Equatable {
        case ended(Int32)
        /// The caller has left it alone.
        case left
        /// A signal has ended this command, and not the container.
        case interrupted(Int32)
        /// The keeper went without a word.
        case lost
    }

    /// A way to the keeper of a container that is still to be started. Signals are held from here on.
    final class Pair {
        let connection: KeeperConnection
        let signals: Int32
        private(set) var keepersEnd: Int32

        init() throws(SystemError) {
            var ends: [Int32] = [-1, -1]
            guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
                throw SystemError("socketpair", "an attached command")
            }
            connection = KeeperConnection(owning: OwnedDescriptor(owning: ends[0]))
            keepersEnd = ends[1]
            signals = try Foreground.holdSignals()
        }

        func closeKeepersEnd() {
            if keepersEnd >= 0 { close(keepersEnd) }
            keepersEnd = -1
        }

        deinit { closeKeepersEnd() }
    }

    static func flags(_ options: AttachOptions, _ container: StoredContainer) -> UInt8 {
        let takesInput = options.input && container.background?.hasInput == true
        return AttachFlags.output | AttachFlags.error | (takesInput ? AttachFlags.input : 0)
    }

    /// - Parameter signals: held since before the container was started.
    func run(signals: Int32) -> Outcome {
        let takesInput = Self.flags(options, container) & AttachFlags.input != 0
        BrokenPipes.block()
        var mode = termios()
        let isRaw = container.terminal && takesInput && tcgetattr(0, &mode) == 0
        if isRaw {
            var raw = mode
            cfmakeraw(&raw)
            tcsetattr(0, TCSANOW, &raw)
        }
        defer { if isRaw { tcsetattr(0, TCSANOW, &mode) } }
        resize()
        return relay(signals, takesInput: takesInput, isRaw: isRaw)
    }

    private func relay(_ signals: Int32, takesInput: Bool, isRaw: Bool) -> Outcome {
        var keys = options.detachKeys
        var isReading = takesInput
        var buffer = [UInt8](repeating: 0, count: 32768)
        while true {
            while let frame = connection.next() {
                switch frame.kind {
                case .output: guard Self.write(frame.content, to: 1) else { return .left }
                case .error: guard Self.write(frame.content, to: 2) else { return .left }
                case .ended: return .ended(KeeperFrame.number(frame.content).map { Int32(bitPattern: $0) } ?? 0)
                default: continue
                }
            }
            var ends = [
                pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
                pollfd(fd: connection.socket.number, events: Int16(POLLIN), revents: 0),
                pollfd(fd: isReading ? 0 : -1, events: Int16(POLLIN), revents: 0),
            ]
            if poll(&ends, 3, -1) < 0, errno != EINTR { return .lost }
            if ends[0].revents != 0, let outcome = takeSignals(signals) { return outcome }
            if ends[1].revents != 0, !connection.receive() {
                // What came with the end is still to be told.
                while let frame = connection.next() {
                    if frame.kind == .output { _ = Self.write(frame.content, to: 1) }
                    if frame.kind == .error { _ = Self.write(frame.content, to: 2) }
                    if frame.kind == .ended, let number = KeeperFrame.number(frame.content) {
                        return .ended(Int32(bitPattern: number))
                    }
                }
                return .lost
            }
            guard ends[2].revents != 0 else { continue }
            let count = read(0, &buffer, buffer.count)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            // A terminal that is gone, with whoever sat at it.
            if count <= 0, isRaw { return .left }
            if count <= 0 {
                isReading = false
                connection.send(KeeperFrame(.endOfInput))
                continue
            }
            if container.terminal {
                guard let passed = keys.take(buffer[..<count]) else { return .left }
                if !passed.isEmpty { connection.send(KeeperFrame(.input, passed)) }
            } else {
                connection.send(KeeperFrame(.input, Array(buffer[..<count])))
            }
        }
    }

    private func takeSignals(_ signals: Int32) -> Outcome? {
        while case let signal = SignalDescriptor.next(signals), signal != 0 {
            switch signal {
            case SIGCHLD, SIGPIPE, SIGCONT: continue
            case SIGWINCH: resize()
            case _ where options.passesSignals:
                let ends = signal == SIGKILL || Int64(signal) == container.background?.stopSignal
                connection.send(KeeperFrame(.signal, [UInt8(truncatingIfNeeded: signal), ends ? 1 : 0]))
            case SIGINT, SIGTERM, SIGHUP, SIGQUIT: return .interrupted(signal)
            default: continue
            }
        }
        return nil
    }

    /// The container's terminal gets the size of the caller's.
    private func resize() {
        var size = winsize()
        guard container.terminal, ioctl(0, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 else { return }
        connection.send(
            KeeperFrame(
                .resize,
                [UInt8(size.ws_row >> 8), UInt8(size.ws_row & 255), UInt8(size.ws_col >> 8), UInt8(size.ws_col & 255)]))
    }

    /// - Returns: whether somebody still reads it; otherwise the container goes on, and its log has it.
    private static func write(_ bytes: [UInt8], to stream: Int32) -> Bool {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(stream, $0.baseAddress?.advanced(by: written), $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN {
                var end = pollfd(fd: stream, events: Int16(POLLOUT), revents: 0)
                poll(&end, 1, -1)
                continue
            }
            guard count > 0 else { return false }
            written += count
        }
        return true
    }
}

extension Engine {
    /// Attaches the caller's streams to those of a container that runs in the background.
    ///
    /// - Returns: the exit status as a shell has it; 0 where the caller has left it.
    package func attach(_ text: String, _ options: AttachOptions) throws -> Int32 {
        let container = try living(text, for: "attach to")
        guard status(of: container) != .paused else {
            throw EngineError.state("attach to", text, "paused", advice: "unpause it first")
        }
        guard let connection = connection(to: container) else {
            throw EngineError.unsupported(
                "'\(text)' runs in the foreground of its `isolab run`, which has its streams",
                advice: "`isolab exec -it \(text) sh` opens a shell in it")
        }
        let signals = try Foreground.holdSignals()
        connection.send(KeeperFrame(.attach, [AttachSession.flags(options, container)]))
        return try finish(AttachSession(connection: connection, container: container, options: options), signals)
    }

    /// Starts a container and attaches the caller's streams from its first word on.
    package func startAttached(_ text: String, _ options: AttachOptions) throws -> Int32 {
        try releaseLeftovers()
        let container = try shelf.find(text)
        if status(of: container).isAlive { return try attach(text, options) }
        let pair = try AttachSession.Pair()
        try start(
            container, first: .init(descriptor: pair.keepersEnd, flags: AttachSession.flags(options, container)))
        return try follow(pair, container, options)
    }

    /// Stays with a container that has been started with an end of a pair.
    func follow(_ pair: AttachSession.Pair, _ container: StoredContainer, _ options: AttachOptions) throws -> Int32 {
        pair.closeKeepersEnd()
        return try finish(
            AttachSession(connection: pair.connection, container: container, options: options), pair.signals)
    }

    private func finish(_ session: AttachSession, _ signals: Int32) throws -> Int32 {
        switch session.run(signals: signals) {
        case .ended(let status): return status
        case .left: return 0
        case .interrupted(let signal): return 128 + signal
        case .lost:
            try releaseLeftovers()
            return shelf.container(session.container.id)?.exitCode ?? 128 + SIGKILL
        }
    }
}
