internal import Glibc
internal import Linux
internal import Synchronization

/// The host's end of a command in a guest: says what to run, carries its streams, hears how it ended.
///
/// Two threads: one reads what the guest sends and writes it where it belongs, one reads the caller's input and signals.
/// Neither waits for the other, so a reader who is slow never holds up a signal.
final class GuestSession: Sendable {
    struct State {
        /// The connection from QEMU; −1 before and after.
        var connection: Int32 = -1
        var isListening = true
        /// The guest was told what to run.
        var isStarted = false
        /// Bytes of input that the guest has room for.
        var credit = SessionFrame.window
        var wantsInput: Bool
        var exit: GuestExit?
        /// Nothing more will come, and why.
        var ended: String?
    }

    let state: Waitable<State>
    private let path: String
    private let listener: Int32
    private let program: String
    private let hasTerminal: Bool
    private let streams: GuestStreams
    private let sending = Mutex(())
    /// A pipe that wakes the pump.
    private let wakeReading: Int32
    private let wakeWriting: Int32

    /// - Parameters:
    ///   - path: where QEMU connects.
    ///   - start: of `StartMessage`.
    init(
        at path: String, _ command: GuestCommand, start: [UInt8], streams: GuestStreams
    ) throws(SystemError) {
        let pipe = try Pipe("the session's wake")
        listener = try UnixListener.make(path)
        wakeReading = pipe.takeReadEnd()
        wakeWriting = pipe.takeWriteEnd()
        self.path = path
        self.streams = streams
        program = command.arguments.first ?? ""
        hasTerminal = command.terminal != nil
        state = Waitable(State(wantsInput: command.attachesInput))
        BackgroundThread.start { self.receive(start) }
    }

    deinit {
        Glibc.close(wakeReading)
        Glibc.close(wakeWriting)
    }

    /// Waits until the command has ended, or until nothing more can be heard of it: then nil, and why.
    func wait() -> (exit: GuestExit?, ended: String?) {
        state.wait(nil) { $0.exit != nil || $0.ended != nil ? ($0.exit, $0.ended) : nil } ?? (nil, nil)
    }

    /// Ends both threads and lets the path go.
    func close() {
        state.update {
            // Once it is accepted or closed, the listener's number may be another's.
            if $0.isListening { shutdown(listener, Int32(SHUT_RDWR)) }
            if $0.connection >= 0 { shutdown($0.connection, Int32(SHUT_RDWR)) }
            if $0.ended == nil { $0.ended = "the session was closed" }
        }
        wakePump()
        unlink(path)
    }

    // MARK: - To the guest

    /// Sends a frame; false where nobody is there to take it, or not yet.
    @discardableResult
    func send(_ frame: SessionFrame) -> Bool {
        var isStart = false
        if case .start = frame { isStart = true }
        let connection = state.update { $0.isStarted || isStart ? $0.connection : -1 }
        guard connection >= 0 else { return false }
        return sending.withLock { _ in Self.write(frame.bytes, to: connection, isSocket: true) == 0 }
    }

    /// Reads the caller's input and signals until the session ends.
    ///
    /// - Parameters:
    ///   - signals: a descriptor of `SignalDescriptor.hold`, or −1.
    ///   - take: what to do about a signal.
    func pump(signals: Int32, take: @escaping @Sendable (Int32) -> Void) {
        BackgroundThread.start {
            var buffer = [UInt8](repeating: 0, count: 16384)
            while true {
                let (ended, room) = self.state.update { state -> (Bool, Int) in
                    let isOpen = state.isStarted && state.wantsInput && state.exit == nil
                    return (state.ended != nil, isOpen ? min(state.credit, 16384) : 0)
                }
                if ended { return }
                var ends = [
                    pollfd(fd: self.wakeReading, events: Int16(POLLIN), revents: 0),
                    pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
                    pollfd(fd: room > 0 ? self.streams.input : -1, events: Int16(POLLIN), revents: 0),
                ]
                guard poll(&ends, nfds_t(ends.count), -1) >= 0 else { continue }
                if ends[0].revents != 0 { _ = read(self.wakeReading, &buffer, buffer.count) }
                if ends[1].revents != 0 {
                    while case let signal = SignalDescriptor.next(signals), signal != 0 { take(signal) }
                }
                if ends[2].revents != 0 { self.readInput(&buffer, room) }
            }
        }
    }

    private func readInput(_ buffer: inout [UInt8], _ room: Int) {
        let count = read(streams.input, &buffer, room)
        if count > 0 {
            state.update { $0.credit -= count }
            send(.input(Array(buffer[0..<count])))
        } else if count == 0 || (errno != EINTR && errno != EAGAIN) {
            state.update { $0.wantsInput = false }
            send(.endOfInput)
        }
    }

    private func wakePump() {
        var byte: UInt8 = 0
        _ = Glibc.write(wakeWriting, &byte, 1)
    }

    // MARK: - From the guest

    /// The reading thread: until QEMU's end closes, or the guest breaks the protocol.
    private func receive(_ start: [UInt8]) {
        var connection: Int32 = -1
        repeat { connection = accept(listener, nil, nil) } while connection < 0 && errno == EINTR
        state.update {
            $0.isListening = false
            Glibc.close(listener)
            $0.connection = connection
        }
        var why = "the guest is gone"
        if connection >= 0 {
            _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
            blockBrokenPipes()
            if send(.start(start)) {
                state.update { $0.isStarted = true }
                wakePump()
            }
            why = relay(connection)
            state.update { state in
                // Under the lock that a sender takes the number from: it may be another's after this.
                sending.withLock { _ in
                    Glibc.close(connection)
                    state.connection = -1
                }
            }
        }
        state.update { if $0.ended == nil { $0.ended = why } }
        wakePump()
    }

    private func relay(_ connection: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 65536)
        var frames = SessionFrameReader()
        while true {
            let count = read(connection, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { return "the guest is gone" }
            frames.append(buffer[0..<count])
            do throws(SessionFrameReader.Broken) {
                while let frame = try frames.next() { take(frame) }
            } catch {
                return "the guest sent an invalid frame (kind \(error.kind), \(error.length) bytes)"
            }
        }
    }

    private func take(_ frame: SessionFrame) {
        switch frame {
        case .output(let bytes): hand(bytes, to: streams.output, stream: 1)
        case .errorOutput(let bytes): hand(bytes, to: streams.error, stream: 2)
        case .credit(let bytes):
            // A guest that gives more than it took would only fill its own memory.
            state.update { $0.credit = min($0.credit + Int(bytes), SessionFrame.window) }
            wakePump()
        case .inputClosed:
            state.update { $0.wantsInput = false }
        case .exited(let status): end(GuestExit(waitStatus: status))
        case .failed(let stage, let errno):
            end(
                .notStarted(
                    GuestStartFailure(
                        stage: .init(rawValue: stage), errno: Int32(bitPattern: errno), program: program)))
        case .start, .input, .endOfInput, .resize, .signal, .goodbye, .outputClosed: break
        }
    }

    private func end(_ exit: GuestExit) {
        send(.goodbye)
        state.update { if $0.exit == nil { $0.exit = exit } }
        wakePump()
    }

    private func hand(_ bytes: [UInt8], to descriptor: Int32, stream: UInt32) {
        guard Self.write(bytes, to: descriptor, isSocket: false) != 0 else { return }
        // As a pipe would: who writes learns that nobody reads.
        send(.outputClosed(stream))
    }

    // MARK: - Writing

    /// Writes everything: 0, or the error number.
    private static func write(_ bytes: [UInt8], to descriptor: Int32, isSocket: Bool) -> Int32 {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { buffer -> Int in
                guard let start = buffer.baseAddress else { return 0 }
                let rest = buffer.count - offset
                return isSocket
                    ? Glibc.send(descriptor, start + offset, rest, Int32(MSG_NOSIGNAL))
                    : Glibc.write(descriptor, start + offset, rest)
            }
            if count >= 0 {
                offset += count
            } else if errno == EAGAIN {
                // Somebody made the caller's descriptor non-blocking.
                var end = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&end, 1, -1)
            } else if errno != EINTR {
                return errno
            }
        }
        return 0
    }

    /// On this thread a broken pipe is an error number, not the end of the process.
    private func blockBrokenPipes() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}
