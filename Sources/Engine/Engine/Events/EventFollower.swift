import Glibc
import Images
import Linux

/// Reads the journal of events, and goes on as it grows, into the next file where it is renamed.
final class EventFollower {
    private let journal: EventJournal
    private let until: LogTime?
    private let take: (EngineEvent) -> Bool
    private var current: LogFile?
    /// Of inotify(7).
    private let changes: OwnedDescriptor

    /// - Parameter take: false where nobody wants more.
    init(_ journal: EventJournal, until: LogTime?, take: @escaping (EngineEvent) -> Bool) throws(SystemError) {
        self.journal = journal
        self.until = until
        self.take = take
        let number = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        guard number >= 0 else { throw SystemError("inotify_init1", journal.path) }
        changes = OwnedDescriptor(owning: number)
        // Before anything is read: from here on nothing is missed.
        let mask = UInt32(IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM)
        guard inotify_add_watch(number, journal.directory, mask) >= 0 else {
            throw SystemError("inotify_add_watch", journal.directory)
        }
    }

    /// - Parameter past: whether what is there already is wanted.
    func run(past: Bool) throws(SystemError) {
        if past, let former = LogFile(journal.formerPath), !read(former) { return }
        current = LogFile(journal.path)
        if !past { current?.skip() }
        while readOn() {
            let limit = patience
            guard limit != 0 else { return }
            var ends = [
                pollfd(fd: changes.number, events: Int16(POLLIN), revents: 0),
                // Whoever reads this may have gone, though nothing happens.
                pollfd(fd: 1, events: 0, revents: 0),
            ]
            try retryingOnInterrupt("poll", journal.path) { poll(&ends, 2, limit) }
            if ends[1].revents & Int16(POLLERR) != 0 { return }
            drain()
        }
    }

    /// Milliseconds until nothing more is wanted; −1: for ever.
    private var patience: Int32 {
        guard let until else { return -1 }
        let now = LogTime.now()
        guard now < until else { return 0 }
        let seconds = min(until.seconds - now.seconds, 1_000_000)
        return Int32(clamping: seconds * 1000 + (until.nanoseconds - now.nanoseconds) / 1_000_000 + 1)
    }

    private func drain() {
        var buffer = [UInt8](repeating: 0, count: 16384)
        while Glibc.read(changes.number, &buffer, buffer.count) > 0 {}
    }

    /// - Returns: whether more is wanted.
    private func readOn() -> Bool {
        while true {
            if let file = current {
                guard read(file) else { return false }
                var status = stat()
                guard stat(journal.path, &status) == 0 else { return true }
                if (status.st_dev, status.st_ino) == file.identity { return true }
                // It was renamed, after its last line.
                guard read(file) else { return false }
            }
            guard let next = LogFile(journal.path) else { return true }
            if let current, current.identity == next.identity { return true }
            current = next
        }
    }

    private func read(_ file: LogFile) -> Bool {
        file.read { line in
            guard !line.isEmpty, let event = EngineEvent(line: line) else { return true }
            return take(event)
        }
    }
}
