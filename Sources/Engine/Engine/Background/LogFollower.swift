import Containers
import Glibc
import Linux

/// Reads a log to its end, and goes on as it grows, into the next file where it is renamed.
final class LogFollower {
    private let names: LogFiles
    private let directory: String
    private let request: LogRequest
    private let show: (ArraySlice<UInt8>, Bool) -> Bool
    private var current: LogFile?
    /// Of inotify(7), −1 for none.
    private var events: Int32 = -1

    init(
        _ names: LogFiles, directory: String, _ request: LogRequest,
        show: @escaping (ArraySlice<UInt8>, Bool) -> Bool
    ) {
        self.names = names
        self.directory = directory
        self.request = request
        self.show = show
    }

    deinit { if events >= 0 { close(events) } }

    func watch() throws(SystemError) {
        events = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        guard events >= 0 else { throw SystemError("inotify_init1", directory) }
        let mask = UInt32(IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE_SELF)
        guard inotify_add_watch(events, directory, mask) >= 0 else { throw SystemError("inotify_add_watch", directory) }
    }

    /// - Returns: whether more is wanted.
    func readAll(count: Int64) throws -> Bool {
        let files = names.open(count: count)
        if let tail = request.tail { LogFiles.seek(files, toLast: tail) }
        for file in files {
            guard try file.read(take) else { return false }
            current = file
        }
        return true
    }

    /// Goes on until the container's keeper has ended.
    func follow(until keeper: ProcessIdentity) throws {
        guard let descriptor = Procfs.descriptor(of: keeper.pid), keeper.isAlive else {
            _ = try readOn()
            return
        }
        while true {
            guard try readOn() else { return }
            var ends = [
                pollfd(fd: events, events: Int16(POLLIN), revents: 0),
                pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0),
                // Whoever reads this may have gone, though nothing is said.
                pollfd(fd: 1, events: 0, revents: 0),
            ]
            try retryingOnInterrupt("poll", directory) { poll(&ends, 3, patience) }
            if ends[0].revents != 0 { drain() }
            if ends[1].revents != 0 || ends[2].revents & Int16(POLLERR) != 0 { break }
            if let until = request.until, LogTime.now() > until { break }
        }
        _ = try readOn()
    }

    /// Milliseconds until nothing more is wanted; −1: for ever.
    private var patience: Int32 {
        guard let until = request.until else { return -1 }
        let now = LogTime.now()
        return Int32(clamping: max(0, (until.seconds - now.seconds) * 1000 + 1000))
    }

    private func drain() {
        var buffer = [UInt8](repeating: 0, count: 16384)
        while read(events, &buffer, buffer.count) > 0 {}
    }

    private func readOn() throws -> Bool {
        while true {
            if let file = current {
                guard try file.read(take) else { return false }
                var status = stat()
                guard stat(names.path, &status) == 0 else { return true }
                if (status.st_dev, status.st_ino) == file.identity { return true }
                // It was renamed, after its last line.
                guard try file.read(take) else { return false }
            }
            guard let next = LogFile(names.path) else { return true }
            if let current, current.identity == next.identity { return true }
            current = next
        }
    }

    private func take(_ line: ArraySlice<UInt8>) throws -> Bool {
        guard let entry = LogEntry(line: line) else { return true }
        if request.since != nil || request.until != nil, let time = LogTime(entry.time) {
            if let since = request.since, time < since { return true }
            if let until = request.until, time > until { return false }
        }
        let text = request.showsTime ? "\(entry.time) \(entry.text)" : entry.text
        return show(Array(text.utf8)[...], entry.stream == "stderr")
    }
}
