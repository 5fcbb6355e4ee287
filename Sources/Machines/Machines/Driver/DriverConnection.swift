internal import Glibc
internal import Linux
internal import Synchronization

/// The child process `isolab-vm`: requests go in, answers and events come out.
final class DriverConnection: Sendable {
    private struct State {
        var answers: [Int: DriverMessage] = [:]
        var guests: [String: RunningGuest] = [:]
        /// Why nothing more will come, once that is so.
        var ended: DriverError?
        var nextRequest = 1
    }

    private let state: Waitable<State>
    private let process: RunningProcess
    /// The requests' end; −1 once closed.
    private let input: Mutex<Int32>

    /// - Parameter log: a file for its standard error: libvirt and the dynamic linker print there, and a terminal that shows
    ///   progress is no place for it. The end of it stands in the error when the process ends unasked.
    /// - Parameter start: starts the process with these streams.
    init(
        stateDirectory: StateDirectory, log: String,
        start: (StandardStreams) throws(SystemError) -> RunningProcess
    ) throws(SystemError) {
        let errors = try OwnedDescriptor(opening: log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, mode: 0o600)
        let requests = try Self.makeSocketPair()
        let answers: (reading: Int32, writing: Int32)
        do throws(SystemError) { answers = try Self.makePipe() } catch {
            Glibc.close(requests.reading)
            Glibc.close(requests.writing)
            throw error
        }
        defer {
            Glibc.close(requests.reading)
            Glibc.close(answers.writing)
        }
        do throws(SystemError) {
            process = try start(
                StandardStreams(input: requests.reading, output: answers.writing, error: errors.number))
        } catch {
            Glibc.close(requests.writing)
            Glibc.close(answers.reading)
            throw error
        }
        input = Mutex(requests.writing)
        let state = Waitable(State())
        self.state = state
        let reading = answers.reading
        let pid = process.pid
        BackgroundThread.start { Self.listen(reading, pid: pid, state, stateDirectory, log: log) }
    }

    /// One for guests of a libvirt that runs already.
    convenience init(
        program: String, connect uri: String, stateDirectory: StateDirectory, log: String
    ) throws(SystemError) {
        // A session of its own: an interrupt at the terminal is for isolab to understand.
        let plan = ProcessPlan(program, ["--connect", uri], group: .ownSession)
        try self.init(stateDirectory: stateDirectory, log: log) { streams throws(SystemError) in
            try plan.spawn(streams)
        }
    }

    var pid: Int32 { process.pid }

    /// Sends a request and waits for its answer.
    func ask(_ request: DriverRequest) throws(DriverError) -> DriverMessage {
        let number = try send(request)
        let answer: Result<DriverMessage, DriverError>? = state.wait(nil) { state in
            if let answer = state.answers.removeValue(forKey: number) { return .success(answer) }
            // An error before the first request was read carries the number 0: the connection never came up.
            if let ended = state.ended { return .failure(ended) }
            return nil
        }
        guard let answer else { throw DriverError.ended() }
        let message = try answer.get()
        if let error = message.error { throw error }
        return message
    }

    /// Sends a request whose answer nobody needs.
    @discardableResult
    func send(_ request: DriverRequest) throws(DriverError) -> Int {
        var request = request
        request.id = state.update {
            $0.nextRequest += 1
            return $0.nextRequest
        }
        let line: [UInt8]
        do { line = try Wire.line(request) } catch {
            throw DriverError(operation: "encode", object: request.command.rawValue, message: "\(error)")
        }
        let failed: Bool = input.withLock { descriptor in
            guard descriptor >= 0 else { return true }
            return !Self.send(line, to: descriptor)
        }
        // The reader knows better than a broken pipe why it ended; it may need a moment to.
        if failed { throw state.wait(.seconds(2)) { $0.ended } ?? .ended() }
        return request.id
    }

    func enter(_ guest: RunningGuest) { state.update { $0.guests[guest.domain.name] = guest } }

    /// The guest of that name, as long as it is entered.
    func guest(_ name: String) -> RunningGuest? { state.update { $0.guests[name] } }

    func forget(_ name: String) { state.update { $0.guests[name] = nil } }

    /// Ends the input, on which `isolab-vm` ends its guests and itself, and waits for it.
    func close() {
        input.withLock { descriptor in
            if descriptor >= 0 { Glibc.close(descriptor) }
            descriptor = -1
        }
        _ = state.wait(.seconds(10)) { $0.ended == nil ? nil : true }
        try? process.kill()
        _ = try? process.wait()
    }

    /// A socket, not a pipe: writing to a driver that was killed must not end this process by SIGPIPE.
    private static func makeSocketPair() throws(SystemError) -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue) | 0o2_000_000  // SOCK_CLOEXEC
        try retryingOnInterrupt("socketpair", "isolab-vm") { socketpair(AF_UNIX, kind, 0, &ends) }
        return (ends[0], ends[1])
    }

    private static func send(_ line: [UInt8], to descriptor: Int32) -> Bool {
        var rest = line[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private static func makePipe() throws(SystemError) -> (reading: Int32, writing: Int32) {
        let pipe = try Pipe("isolab-vm")
        return (pipe.takeReadEnd(), pipe.takeWriteEnd())
    }

    /// The reading thread: lines become answers and events until the process ends.
    private static func listen(
        _ descriptor: Int32, pid: Int32, _ state: Waitable<State>, _ stateDirectory: StateDirectory, log: String
    ) {
        var pending: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { break }
            pending += buffer[0..<count]
            while let newline = pending.firstIndex(of: 0x0a) {
                let line = pending[..<newline]
                if let message = try? Wire.message(DriverMessage.self, line) { take(message, state) }
                pending.removeSubrange(...newline)
            }
        }
        Glibc.close(descriptor)
        let lost = state.update { Array($0.guests.values) }
        if !lost.isEmpty {
            // A driver that was killed leaves its guests running: they end here, not at the next start. Its descriptors
            // close a moment before it is dead.
            for _ in 0..<200 {
                guard let status = ProcessStatus(pid: pid), status.state != "Z" else { break }
                usleep(5_000)
            }
            GuestLeftovers.release(in: stateDirectory)
        }
        let ended = DriverError.ended(lastWords: lastWords(in: log))
        for guest in lost { guest.lose("isolab-vm: \(ended.message)") }
        state.update { if $0.ended == nil { $0.ended = ended } }
    }

    /// The end of what was printed: libvirt's complaints, or the dynamic linker's. On one line.
    private static func lastWords(in log: String) -> String {
        let lines = ((try? SystemFile.read(log)) ?? "").split(whereSeparator: \.isNewline)
        return lines.suffix(3).map { String($0.prefix(300)) }.joined(separator: " / ")
    }

    private static func take(_ message: DriverMessage, _ state: Waitable<State>) {
        if let event = message.event {
            let guest = state.update { $0.guests[event.name] }
            guest?.took(event)
        } else if let id = message.id {
            state.update {
                if id == 0 { $0.ended = message.error } else { $0.answers[id] = message }
            }
        }
    }
}

extension DriverError {
    /// The child is gone.
    static func ended(lastWords: String = "") -> DriverError {
        DriverError(
            operation: "ask", object: "isolab-vm",
            message: lastWords.isEmpty ? "it has ended" : "it has ended; its last message: \(lastWords)",
            advice: "the next start removes what it left behind")
    }
}
