import CKeeper

/// The loop of a keeper.
final class Keeper {
    var order: KeeperOrder
    private let identifier: UnsafeMutablePointer<CChar>
    private let isolab: UnsafeMutablePointer<CChar>
    private let signals: Int32
    private var sources: [Source] = []
    private(set) var clients: [Client] = []
    private var log: LogFile?
    /// What attached commands have typed, until the container takes it.
    var input: [UInt8] = []
    var endsInput = false
    /// Of the first process, once it has ended.
    private var status: Int32?
    /// Nanoseconds of the clock: when it is killed, when the next run begins, when its health is asked for, when nobody is waited for any
    /// more who does not read.
    var killTime: Int64?
    private var dueTime: Int64?
    private var probeTime: Int64?
    private var giveUpTime: Int64?
    private var probe: Probe?
    private let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 16384)

    init(
        _ order: KeeperOrder, identifier: UnsafeMutablePointer<CChar>, isolab: UnsafeMutablePointer<CChar>
    ) {
        self.order = order
        self.identifier = identifier
        self.isolab = isolab
        signals = keeper_hold_signals()
        // What another program is to have of them is given to it when it comes to that.
        for key in [KeeperOrder.Key.lock, .socket, .output, .error, .input, .terminal] where order[key] >= 0 {
            keeper_set_inherited(order.descriptor(key), 0)
        }
        if order.descriptor(.input) >= 0 { keeper_set_nonblocking(order.descriptor(.input)) }
        for client in order.clients {
            keeper_set_inherited(client.descriptor, 0)
            clients.append(Client(client.descriptor, flags: client.flags, isWaiting: true))
        }
        self.order.clients = []
        if let source = Source(order.descriptor(.terminal), isError: false) { sources.append(source) }
        if let source = Source(order.descriptor(.output), isError: false) { sources.append(source) }
        if let source = Source(order.descriptor(.error), isError: true) { sources.append(source) }
        if order[.log] != 0, order[.process] > 0 {
            log = LogFile(
                identifier: UnsafePointer(identifier),
                rotation: LogRotation(
                    greatest: order[.logSize], files: Int32(truncatingIfNeeded: order[.logFiles])))
        }
        let now = keeper_now()
        if order[.process] == 0 { dueTime = now + Self.nanoseconds(order[.wait]) }
        if order[.process] > 0, order[.probe] >= 0 { probeTime = now + Self.nanoseconds(order[.probe]) }
    }

    static func nanoseconds(_ milliseconds: Int64) -> Int64 {
        let (product, overflow) = max(0, milliseconds).multipliedReportingOverflow(by: 1_000_000)
        return overflow || product > Int64.max / 2 ? Int64.max / 2 : product
    }

    var isRunning: Bool { order[.process] > 0 && status == nil }
    var process: Int32 { order.descriptor(.process) }

    // MARK: - The loop

    func run() -> Never {
        reap()
        while true {
            keepTimes()
            if order[.process] == 0, dueTime == nil { handOver("due", 0) }
            if let status, isDrained { handOver("ended", status) }
            turn()
        }
    }

    private func keepTimes() {
        let now = keeper_now()
        if let time = killTime, now >= time {
            killTime = nil
            if isRunning { _ = kill(process, SIGKILL) }
        }
        if let time = dueTime, now >= time { dueTime = nil }
        if let time = probeTime, now >= time, isRunning, probe == nil {
            probeTime = nil
            probe = Probe.start(isolab, identifier)
            if probe == nil { probeTime = now + Self.nanoseconds(30_000) }
        }
        if let time = giveUpTime, now >= time {
            giveUpTime = nil
            for client in clients where !client.isFlushed { client.drop() }
            // Somebody else has got hold of a stream, and goes on speaking.
            for source in sources { source.giveUp() }
        }
    }

    /// Whether all that the container has said is where it belongs.
    private var isDrained: Bool {
        for source in sources where source.isOpen { return false }
        for client in clients where !client.isFlushed { return false }
        return true
    }

    /// Milliseconds until something is to be done by the clock; −1: never.
    private var patience: Int32 {
        var first: Int64?
        for time in [killTime, dueTime, isRunning ? probeTime : nil, giveUpTime] {
            guard let time else { continue }
            first = min(first ?? time, time)
        }
        guard let first else { return -1 }
        let left = max(0, first - keeper_now()) / 1_000_000 + 1
        return Int32(truncatingIfNeeded: min(left, 1_000_000_000))
    }

    private func turn() {
        // A container whose readers are behind waits for them, as it would for a reader of its own.
        var isHeld = false
        for client in clients where client.isFull && !client.isGone { isHeld = true }
        var ends: [pollfd] = []
        func add(_ descriptor: Int32, _ events: Int32) {
            ends.append(
                pollfd(fd: events == 0 ? -1 : descriptor, events: Int16(truncatingIfNeeded: events), revents: 0))
        }
        add(signals, POLLIN)
        add(order.descriptor(.socket), clients.count < 64 && status == nil ? POLLIN : 0)
        add(inputEnd, input.isEmpty ? 0 : POLLOUT)
        add(probe?.descriptor ?? -1, POLLIN)
        for source in sources { add(source.descriptor, source.isOpen && !isHeld ? POLLIN : 0) }
        for client in clients {
            let reads = input.count < KeeperFrame.greatest && !client.isGone
            add(client.descriptor, (reads ? POLLIN : 0) | (client.isFlushed ? 0 : POLLOUT))
        }
        // With nobody left to speak, what is in the streams is there already.
        let isLast = status != nil
        guard poll(&ends, nfds_t(ends.count), isLast && !isHeld && hasOpenSource ? 0 : patience) >= 0 else { return }
        if ends[0].revents != 0 { takeSignals() }
        if ends[2].revents != 0 { writeInput() }
        if ends[3].revents != 0, let probe { take(probe) }
        let known = clients
        for (index, source) in sources.enumerated()
        where source.isOpen && !isHeld && (ends[4 + index].revents != 0 || isLast) {
            carry(source, isLast: isLast)
        }
        for (index, client) in known.enumerated() {
            let end = ends[4 + sources.count + index]
            if end.revents & Int16(POLLOUT) != 0 { client.flush() }
            guard end.revents & Int16(POLLIN | POLLHUP | POLLERR) != 0, end.fd >= 0 else { continue }
            client.receive(buffer)
            while let frame = client.next() { serve(frame, of: client) }
        }
        if ends[1].revents != 0 { accept() }
        removeGone()
    }

    private var hasOpenSource: Bool {
        for source in sources where source.isOpen { return true }
        return false
    }

    // MARK: - What the container says

    private func carry(_ source: Source, isLast: Bool) {
        let piece = source.read(buffer, isLast: isLast)
        if piece.count > 0 {
            for client in clients where client.wants(source.flag) { client.send(source.kind, piece) }
        }
        guard log != nil else { return }
        var seconds: Int64 = 0
        var nanoseconds: Int64 = 0
        keeper_instant(&seconds, &nanoseconds)
        let instant = LogInstant(seconds: seconds, nanoseconds: nanoseconds)
        let isError = source.isError
        source.splitter.take(piece) { log?.add($0, isError: isError, at: instant) }
        if !source.isOpen { source.splitter.finish { log?.add($0, isError: isError, at: instant) } }
        log?.flush()
    }

    // MARK: - What is typed

    /// Where it goes; −1 for nowhere.
    var inputEnd: Int32 { order[.terminal] >= 0 ? order.descriptor(.terminal) : order.descriptor(.input) }

    func writeInput() {
        guard inputEnd >= 0 else {
            input = []
            return
        }
        if !input.isEmpty {
            let count = input.withUnsafeBytes { write(inputEnd, $0.baseAddress, $0.count) }
            if count > 0 { input.removeFirst(count) }
            if count < 0, keeper_errno() != EAGAIN, keeper_errno() != EINTR {
                input = []
                closeInput()
            }
        }
        if input.isEmpty, endsInput { closeInput() }
    }

    private func closeInput() {
        endsInput = false
        guard order[.terminal] < 0, order[.input] >= 0 else { return }
        close(order.descriptor(.input))
        order[.input] = -1
    }

    // MARK: - Ends

    private func takeSignals() {
        while true {
            let signal = keeper_next_signal(signals)
            if signal == 0 { return }
            switch signal {
            case SIGCHLD: reap()
            case SIGTERM, SIGINT: stop(order.descriptor(.stopSignal), within: order[.stopTimeout], reason: 2)
            default: continue
            }
        }
    }

    private func reap() {
        if isRunning {
            var how: Int32 = 0
            let found = keeper_reap(process, &how)
            // One that is no child has an end that nobody will tell.
            if found != 0 {
                status = found > 0 ? how : 255
                killTime = nil
                probe?.end()
                giveUpTime = keeper_now() + Self.nanoseconds(10_000)
            }
        }
        var how: Int32 = 0
        while keeper_reap_other(isRunning ? process : 0, &how) != 0 {}
    }

    /// Ends the container, or the wait for its next run.
    ///
    /// - Parameters:
    ///   - timeout: milliseconds until SIGKILL; negative: never.
    ///   - reason: 1 where somebody wants it to stay so, 2 where this process is told to end.
    func stop(_ signal: Int32, within timeout: Int64, reason: Int64) {
        if order[.stopped] != 1 { order[.stopped] = reason }
        guard isRunning else {
            dueTime = nil
            return
        }
        _ = kill(process, signal)
        if timeout >= 0, signal != SIGKILL { killTime = keeper_now() + Self.nanoseconds(timeout) }
    }

    private func take(_ probe: Probe) {
        guard let next = probe.read(buffer) else { return }
        self.probe = nil
        if next >= 0 { probeTime = keeper_now() + Self.nanoseconds(next) }
    }

    // MARK: - Clients

    private func accept() {
        let descriptor = keeper_accept(order.descriptor(.socket))
        if descriptor >= 0 { clients.append(Client(descriptor)) }
    }

    private func removeGone() {
        var isGone = false
        for client in clients where client.isGone {
            isGone = true
            // Whoever has typed has no more to say.
            if client.wantedInput, order[.inputOnce] != 0 { endsInput = true }
        }
        guard isGone else { return }
        clients.removeAll { $0.isGone }
        if endsInput { writeInput() }
    }

    // MARK: - The next program

    /// Becomes isolab, to which all is left that is to be decided; clients and the lock go with it.
    private func handOver(_ event: StaticString, _ status: Int32) -> Never {
        log?.flush()
        var next = KeeperOrder()
        for key in [KeeperOrder.Key.lock, .socket, .stopped] { next[key] = order[key] }
        for client in clients where !client.isGone && client.isWaiting {
            next.clients.append((client.descriptor, client.flags))
            keeper_set_inherited(client.descriptor, 1)
        }
        keeper_set_inherited(next.descriptor(.lock), 1)
        keeper_set_inherited(next.descriptor(.socket), 1)
        var words: [UnsafeMutablePointer<CChar>?] = [isolab]
        words.append(Self.text("keep"))
        words.append(identifier)
        words.append(Self.text(event))
        var number: [UInt8] = []
        KeeperOrder.append(Int64(status), to: &number)
        words.append(Self.text(number))
        for word in next.words { words.append(Self.text(word)) }
        words.append(nil)
        words.withUnsafeBufferPointer { keeper_become($0.baseAddress!) }
        // isolab is gone: with this process the container's record is found without a keeper.
        _exit(1)
    }

    static func text(_ text: StaticString) -> UnsafeMutablePointer<CChar> {
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: text.utf8CodeUnitCount + 1)
        for index in 0..<text.utf8CodeUnitCount { copy[index] = CChar(bitPattern: text.utf8Start[index]) }
        copy[text.utf8CodeUnitCount] = 0
        return copy
    }

    static func text(_ bytes: [UInt8]) -> UnsafeMutablePointer<CChar> {
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
        for (index, byte) in bytes.enumerated() { copy[index] = CChar(bitPattern: byte) }
        copy[bytes.count] = 0
        return copy
    }
}
