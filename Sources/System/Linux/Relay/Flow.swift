import CLinux
package import Glibc

/// Carries bytes one way between a stream of the host and a pipe or terminal of a container, and waits for neither: it says what
/// it waits for, and moves what is there when told.
package final class Flow {
    package enum Way: Sendable { case inward, outward }

    /// What an end of the input means inside.
    package enum EndOfInput: Sendable {
        /// The pipe's end is closed.
        case close
        /// A terminal stays open; what its user would type is ^D.
        case control
    }

    package let way: Way
    /// Nothing is carried any more.
    package private(set) var isOver = false
    /// Nobody takes any more what comes out.
    package private(set) var hasLostReader = false
    /// The input was a terminal, and nobody is at its other side any more.
    package private(set) var hasLostTypist = false
    /// Why the host's stream could not be read or written; not that nobody reads it any more.
    package private(set) var failure: SystemError?

    private let host: HostStream
    /// The container's side; −1 once it is closed.
    private var inner: Int32
    private let ownsInner: Bool
    private let endOfInput: EndOfInput
    private let observe: ((UnsafeRawBufferPointer) -> Void)?
    private var splices: Bool
    private var waitsForTarget = false
    private var sourceEnded = false
    /// How much more is carried at most: of a command that has ended, what it left behind.
    private var limit: Int?
    private var buffer = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var pending = 0..<0

    private static let portion = 64 << 10
    /// Portions moved in one go: signals are looked at in between.
    private static let rounds = 16

    /// - Parameters:
    ///   - inner: the container's side, which does not wait (O_NONBLOCK).
    ///   - owned: whether it is closed at the end.
    ///   - observe: is shown what is carried.
    package init(
        _ way: Way, host: HostStream, inner: Int32, owned: Bool, endOfInput: EndOfInput = .close,
        observe: ((UnsafeRawBufferPointer) -> Void)? = nil
    ) {
        self.way = way
        self.host = host
        self.inner = inner
        self.endOfInput = endOfInput
        self.observe = observe
        ownsInner = owned
        // From kernel to kernel, without a copy; what splice(2) cannot is found out, and copied from then on.
        splices =
            observe == nil && owned
            && (host.kind == .pipe || host.kind == .regular || way == .inward && host.kind == .socket)
    }

    deinit {
        closeInner()
        buffer.deallocate()
    }

    /// What is waited for: two entries for poll(2).
    package var polled: [pollfd] {
        let (source, target) = way == .inward ? (host.number, inner) : (inner, host.number)
        guard !isOver else { return [pollfd(fd: -1, events: 0, revents: 0), pollfd(fd: -1, events: 0, revents: 0)] }
        if waitsForTarget {
            return [pollfd(fd: -1, events: 0, revents: 0), pollfd(fd: target, events: Int16(POLLOUT), revents: 0)]
        }
        // A program that closed its input is not read for any more, and a terminal that is hung up not written to.
        let watches = way == .inward ? ownsInner : host.isTerminal
        return [
            pollfd(fd: source, events: Int16(POLLIN), revents: 0),
            pollfd(fd: watches ? target : -1, events: 0, revents: 0),
        ]
    }

    /// How long a poll of `polled` may last, in milliseconds; −1: until something comes.
    ///
    /// The kernel wakes who waits to write into a terminal when the program inside has read, and what it read can have been taken
    /// out of the buffers by then or not: a wake may come too early, and no second one.
    package var patience: Int32 { !isOver && waitsForTarget && !ownsInner ? 50 : -1 }

    /// Goes on after a poll of `polled`.
    package func advance(_ events: ArraySlice<pollfd>) {
        guard !isOver, let source = events.first, let target = events.last,
            source.revents != 0 || target.revents != 0
        else { return }
        if way == .inward, ownsInner, target.revents & Int16(POLLERR) != 0 { return end() }
        if host.isTerminal, (way == .inward ? source : target).revents & Int16(POLLHUP) != 0 {
            if way == .outward { return fail(EIO) }
            hasLostTypist = true
        }
        move()
    }

    /// The command has ended: what it wrote is still carried, and what others write who have its streams is not waited for.
    package func finish() {
        guard !isOver else { return }
        guard way == .outward else { return end() }
        var count: Int32 = 0
        // A terminal does not tell all: as much as one can hold.
        if !ownsInner || ioctl(inner, UInt(FIONREAD), &count) != 0 { count = 128 << 10 }
        limit = Int(count)
        move()
    }

    /// Nothing more is to be carried.
    package func abandon() {
        if !isOver { end() }
    }

    // MARK: - Moving

    private func move() {
        for _ in 0..<Self.rounds {
            guard !isOver else { break }
            guard splices ? splice() : copy() else { return }
        }
    }

    private var isSourceReady: Bool {
        var end = pollfd(fd: way == .inward ? host.number : inner, events: Int16(POLLIN), revents: 0)
        return poll(&end, 1, 0) > 0
    }

    /// - Returns: whether there may be more to do at once.
    private func splice() -> Bool {
        let (source, target) = way == .inward ? (host.number, inner) : (inner, host.number)
        let most = min(limit ?? .max, 1 << 20)
        guard most > 0 else {
            end()
            return false
        }
        let count = Int(isolab_splice(source, target, Int64(most)))
        if count > 0 {
            waitsForTarget = false
            limit = limit.map { $0 - count }
            return true
        }
        switch count == 0 ? 0 : errno {
        case 0: endOfSource()
        case EINTR: return true
        case EAGAIN: rest(forTarget: isSourceReady)
        case EINVAL, ENOSYS, EPERM:
            splices = false
            return true
        case let number: fail(number)
        }
        return false
    }

    private func copy() -> Bool { pending.isEmpty ? fill() : drain() }

    private func fill() -> Bool {
        let most = min(limit ?? .max, Self.portion)
        guard !sourceEnded, most > 0 else {
            end()
            return false
        }
        if buffer.count == 0 { buffer = .allocate(byteCount: Self.portion, alignment: 64) }
        let space = UnsafeMutableRawBufferPointer(rebasing: buffer[..<most])
        let count = way == .inward ? host.read(space) : read(inner, space.baseAddress, most)
        if count > 0 {
            pending = 0..<count
            observe?(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            limit = limit.map { $0 - count }
            return true
        }
        switch count == 0 ? 0 : errno {
        // A terminal whose other side nobody has open.
        case EIO, 0: endOfSource()
        case EINTR: return true
        case EAGAIN: rest(forTarget: false)
        case let number: way == .inward ? fail(number) : endOfSource()
        }
        return !isOver && !pending.isEmpty
    }

    private func drain() -> Bool {
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[pending])
        let count = way == .outward ? host.write(bytes) : write(inner, bytes.baseAddress, bytes.count)
        if count > 0 {
            pending = (pending.lowerBound + count)..<pending.upperBound
            waitsForTarget = !pending.isEmpty
            // As much as was bound to fit has been written: whether more fits is to be asked first.
            return pending.isEmpty || host.portion == .max
        }
        switch count == 0 ? EAGAIN : errno {
        case EINTR: return true
        case EAGAIN: rest(forTarget: true)
        case let number: way == .outward ? fail(number) : end()
        }
        return false
    }

    private func rest(forTarget: Bool) {
        waitsForTarget = forTarget
        // Nothing more will come of a command that has ended.
        if limit != nil, !forTarget, pending.isEmpty { end() }
    }

    // MARK: - The end

    private func endOfSource() {
        sourceEnded = true
        if way == .inward, endOfInput == .control, buffer.count > 0 || allocate() {
            buffer[0] = 4
            pending = 0..<1
            splices = false
        } else {
            end()
        }
    }

    private func allocate() -> Bool {
        buffer = .allocate(byteCount: Self.portion, alignment: 64)
        return true
    }

    /// Nobody reads any more: as a pipe between them would tell it, the program inside learns it when it writes.
    private func fail(_ number: Int32) {
        hasLostReader = way == .outward
        let isDeparture = way == .outward && (number == EPIPE || number == ECONNRESET || number == EIO)
        if !isDeparture, failure == nil {
            failure = SystemError(way == .outward ? "write" : "read", "the caller's stream", errno: number)
        }
        end()
    }

    private func end() {
        isOver = true
        pending = 0..<0
        closeInner()
    }

    private func closeInner() {
        if ownsInner, inner >= 0 { close(inner) }
        inner = -1
    }
}
