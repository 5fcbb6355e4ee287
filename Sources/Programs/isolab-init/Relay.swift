import CWorkload
import Freestanding

/// Carries bytes between the host's port and the command, until the command has ended and all it said was handed over.
struct Relay {
    private var port: Port
    private var child: Child
    /// Frames from the host, as they come.
    private var incoming = Queue(capacity: 2 * (Frame.longest + Frame.header))
    /// Input that the command has not taken yet: never more than the window.
    private var input = Queue(capacity: Frame.window)
    private var inputEnds = false
    private var used = 0
    private var status = 0
    private var hasEnded = false
    private let signals: Int

    /// poll(2)'s events.
    private enum Event {
        static let input: Int16 = 1
        static let output: Int16 = 4
        static let error: Int16 = 8
        static let hangUp: Int16 = 16
    }

    /// The most that is taken from the command at once, and what is kept free for frames that may not wait.
    private static let piece = 32768
    private static let reserve = 4096

    init(_ port: Port, _ child: Child) {
        self.port = port
        self.child = child
        var mask: UInt64 = 1 << 16  // SIGCHLD is 17
        signals = withUnsafeMutablePointer(to: &mask) {
            systemCall(SystemCall.signalfd, -1, Int(bitPattern: $0), 8, Open.closeOnExec | Open.nonBlocking)
        }
    }

    mutating func run() -> Never {
        while true {
            if hasEnded && child.output < 0 && child.errors < 0 { end() }
            let hasRoom = port.outgoing.room >= Frame.header + Self.piece + Self.reserve
            var entries = (
                isolab_pollfd(
                    descriptor: Int32(port.descriptor),
                    events: Event.input | (port.outgoing.isEmpty ? 0 : Event.output), answered: 0),
                isolab_pollfd(descriptor: Int32(signals), events: Event.input, answered: 0),
                isolab_pollfd(descriptor: hasRoom ? Int32(child.output) : -1, events: Event.input, answered: 0),
                isolab_pollfd(descriptor: hasRoom ? Int32(child.errors) : -1, events: Event.input, answered: 0),
                isolab_pollfd(
                    descriptor: child.isTerminal && input.isEmpty ? -1 : Int32(child.input),
                    events: input.isEmpty ? 0 : Event.output, answered: 0)
            )
            let count = withUnsafeMutablePointer(to: &entries) {
                systemCall(SystemCall.poll, Int(bitPattern: $0), 5, -1)
            }
            if count == -ErrorNumber.interrupted { continue }
            if count < 0 { Machine.fail("poll", errno: -count) }
            if entries.1.answered != 0 { reap() }
            if entries.4.answered & Event.error != 0 && !child.isTerminal { closeInput(taken: false) }
            if entries.2.answered != 0 { child.output = take(from: child.output, Frame.output) }
            if entries.3.answered != 0 { child.errors = take(from: child.errors, Frame.errorOutput) }
            if entries.0.answered & Event.input != 0 { receive() }
            // Without a host nobody waits for anything.
            if entries.0.answered & Event.hangUp != 0 && entries.0.answered & Event.input == 0 { Machine.done(125) }
            feed()
            send()
        }
    }

    private mutating func send() {
        while !port.outgoing.isEmpty {
            let result = port.outgoing.write(to: port.descriptor)
            if result > 0 || result == -ErrorNumber.interrupted { continue }
            if result == -ErrorNumber.tryAgain { return }
            Machine.done(125)
        }
    }

    /// Takes a piece of what the command said: the descriptor, or −1 at its end.
    private mutating func take(from descriptor: Int, _ kind: UInt8) -> Int {
        let place = port.outgoing.tail(Frame.header + Self.piece) + Frame.header
        let count = systemCall(SystemCall.read, descriptor, Int(bitPattern: place), Self.piece)
        if count > 0 {
            _ = port.outgoing.frame(kind, count)
            return descriptor
        }
        if count == -ErrorNumber.tryAgain || count == -ErrorNumber.interrupted { return descriptor }
        // A terminal whose last user has gone answers EIO; while the command lives, another may open it.
        if child.isTerminal && !hasEnded {
            sleep(milliseconds: 1)
            reap()
            return descriptor
        }
        if child.input == descriptor { child.input = -1 }
        close(descriptor)
        return -1
    }

    /// Reads what the host sent and does it.
    private mutating func receive() {
        while true {
            let room = incoming.room
            if room == 0 { Machine.fail("frame", errno: ErrorNumber.invalid) }
            let count = systemCall(
                SystemCall.read, port.descriptor, Int(bitPattern: incoming.tail(room)), room)
            if count <= 0 { break }
            incoming.grow(count)
            parse()
        }
    }

    private mutating func parse() {
        while incoming.count >= Frame.header {
            let frame = incoming.first
            let length = littleEndian(frame + 4)
            if length > Frame.longest { Machine.fail("frame", errno: ErrorNumber.invalid) }
            if incoming.count < Frame.header + length { return }
            perform(frame[0], frame + Frame.header, length)
            incoming.drop(Frame.header + length)
        }
    }

    private mutating func perform(_ kind: UInt8, _ payload: UnsafePointer<UInt8>, _ length: Int) {
        switch kind {
        case Frame.input:
            if child.input < 0 {
                credit(length)
            } else if length <= input.room {
                input.append(payload, length)
            } else {
                Machine.fail("window", errno: ErrorNumber.invalid)
            }
        case Frame.endOfInput:
            inputEnds = true
        case Frame.resize where length >= 8:
            if child.isTerminal && child.output >= 0 {
                Child.resize(child.output, rows: littleEndian(payload), columns: littleEndian(payload + 4))
            }
        case Frame.outputClosed where length >= 4:
            // The command then gets what it would get from a pipe whose reader has gone.
            if child.isTerminal { break }
            if littleEndian(payload) == 1 { child.output = closed(child.output) }
            if littleEndian(payload) == 2 { child.errors = closed(child.errors) }
        case Frame.signal where length >= 4:
            if !hasEnded { _ = systemCall(SystemCall.kill, child.pid, littleEndian(payload)) }
        default:
            break
        }
    }

    private func closed(_ descriptor: Int) -> Int {
        if descriptor >= 0 { close(descriptor) }
        return -1
    }

    /// Hands the command what it will take.
    private mutating func feed() {
        while child.input >= 0 && !input.isEmpty {
            let written = input.write(to: child.input)
            if written > 0 {
                credit(written)
            } else if written == -ErrorNumber.tryAgain {
                return
            } else if written != -ErrorNumber.interrupted {
                closeInput(taken: false)
            }
        }
        // A terminal has no end: what its user would type for one is the user's to type.
        if inputEnds && input.isEmpty && child.input >= 0 && !child.isTerminal { closeInput(taken: true) }
    }

    /// Nothing more goes to the command.
    ///
    /// - Parameter taken: false where the command closed its end and what is left is for nobody.
    private mutating func closeInput(taken: Bool) {
        if child.input < 0 { return }
        if !child.isTerminal { close(child.input) }
        child.input = -1
        input.clear()
        if !taken && !inputEnds { _ = port.outgoing.frame(Frame.inputClosed, 0) }
    }

    private mutating func credit(_ bytes: Int) {
        used += bytes
        // Told in pieces: a frame for every byte typed would be more than the byte.
        if used >= Frame.window / 4 && port.outgoing.room >= Frame.header + 4 {
            store(used, port.outgoing.frame(Frame.credit, 4))
            used = 0
        }
    }

    /// Takes every child that has ended; the command's end is everybody's.
    private mutating func reap() {
        let information = isolab_scratch()
        _ = systemCall(SystemCall.read, signals, Int(bitPattern: information), 128)
        while true {
            var status: Int32 = 0
            let pid = withUnsafeMutablePointer(to: &status) {
                systemCall(SystemCall.wait4, -1, Int(bitPattern: $0), 1)  // WNOHANG
            }
            if pid <= 0 { return }
            if pid == child.pid {
                hasEnded = true
                self.status = Int(status)
                // As in a container: with the first process go the others. This one is spared (kill(2)).
                _ = systemCall(SystemCall.kill, -1, 9)
            }
        }
    }

    private mutating func end() -> Never {
        store(status, port.outgoing.frame(Frame.exited, 4))
        let code = status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
        port.finish(code)
    }
}
