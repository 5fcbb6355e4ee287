import Glibc
import Linux

/// What `isolab logs` is asked for.
package struct LogRequest: Sendable {
    package var follows = false
    /// How many of the last lines; nil: all.
    package var tail: Int?
    var since: LogTime?
    var until: LogTime?
    package var showsTime = false

    package init() {}

    package mutating func set(since: String?, until: String?) throws(OptionError) {
        if let since { self.since = try LogTime("--since", since) }
        if let until { self.until = try LogTime("--until", until) }
    }

    /// `all`, or a number of lines.
    package mutating func set(tail: String) throws(OptionError) {
        guard tail != "all" else { return }
        guard let number = Int(tail) else { throw OptionError("--tail", tail, "takes a number of lines, or all") }
        self.tail = number < 0 ? nil : number
    }
}

extension Engine {
    /// Shows what a container in the background has said.
    ///
    /// - Parameter show: takes a piece, and whether it was said on standard error; false where nobody reads it any more.
    package func logs(
        of text: String, _ request: LogRequest, show: @escaping (ArraySlice<UInt8>, _ isError: Bool) -> Bool
    ) throws {
        try releaseLeftovers()
        let container = try shelf.find(text)
        guard let background = container.background, background.isDetached || container.started == nil else {
            throw EngineError.unsupported(
                "container '\(text)' has no log: it ran in the foreground, where no keeper writes one, and what it said went where the "
                    + "output of its `isolab run` went",
                advice: "`isolab run -d` and `isolab start` keep a log")
        }
        guard background.log.driver == .file else {
            throw EngineError.unsupported("'\(text)' has no log (--log-driver none)", advice: nil)
        }
        let names = LogFiles(directory: shelf.directory(container.id), id: container.id)
        let reader = LogFollower(names, directory: shelf.directory(container.id), request, show: show)
        // From here on nothing that is said is missed.
        if request.follows { try reader.watch() }
        guard try reader.readAll(count: background.log.files), request.follows, status(of: container).isAlive,
            let keeper = container.keeper
        else { return }
        try reader.follow(until: keeper)
    }
}
