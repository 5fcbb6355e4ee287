import Glibc
public import Linux

/// Waits for a process's end, for signals and for its streams at once, and carries what comes by the latter.
public final class ForegroundWatch {
    let relay: (any Relay)?
    private let pidfd: Int32
    /// The process has ended.
    public private(set) var hasEnded = false

    init(_ pidfd: Int32, _ relay: (any Relay)?) {
        self.pidfd = pidfd
        self.relay = relay
    }

    /// For a process that others wait for.
    public convenience init(_ pidfd: Int32, streams: StreamRelay) {
        self.init(pidfd, streams as any Relay)
        streams.begin()
    }

    /// Nothing of it is to come any more.
    public var isOver: Bool { hasEnded && relay?.flows.allSatisfy(\.isOver) ?? true }

    /// Waits until there is something to do, and does it.
    ///
    /// - Parameters:
    ///   - signals: a descriptor of the caller's.
    ///   - limit: milliseconds to wait at most; −1: as long as it takes.
    /// - Returns: whether that can be read.
    public func turn(beside signals: Int32, within limit: Int32 = -1) throws(SystemError) -> Bool {
        let flows = relay?.flows ?? []
        var ends = [
            pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
            pollfd(fd: hasEnded ? -1 : pidfd, events: Int16(POLLIN), revents: 0),
        ]
        for flow in flows { ends += flow.polled }
        let patience = (flows.map(\.patience) + [limit]).filter { $0 >= 0 }.min() ?? -1
        try retryingOnInterrupt("poll", "a process in the foreground") { poll(&ends, nfds_t(ends.count), patience) }
        for (index, flow) in flows.enumerated() { flow.advance(ends[(2 + 2 * index)..<(4 + 2 * index)]) }
        relay?.advanced()
        if ends[1].revents != 0 { hasEnded = true }
        return ends[0].revents != 0
    }

    /// After the end: what it left in its streams is all that is still carried.
    public func finish() {
        for flow in relay?.flows ?? [] { flow.finish() }
    }
}
