import Images
import Linux
import OCI
import Presentation

/// What `isolab events` is asked for.
package struct EventRequest: Sendable {
    var since: LogTime?
    var until: LogTime?
    var filter: EventFilter
    var format: ValueFormat

    /// - Parameter filters: `NAME=VALUE`.
    package init(since: String?, until: String?, filters: [String], format: String?) throws {
        self.since = try since.map { try LogTime("--since", $0) }
        self.until = try until.map { try LogTime("--until", $0) }
        filter = try EventFilter("--filter", filters)
        self.format = try ValueFormat(format)
    }
}

extension Engine {
    /// Shows what happens, until somebody ends it, or until an instant; what has happened where an instant is given.
    ///
    /// - Parameter show: takes a line; false where nobody reads it any more.
    package func events(_ request: EventRequest, show: @escaping (String) -> Bool) throws {
        var fault: (any Error)?
        let reader = try EventFollower(journal, until: request.until) { event in
            let time = LogTime(event)
            if let since = request.since, time < since { return true }
            if let until = request.until, time > until { return true }
            guard request.filter.accepts(event) else { return true }
            do { return show(try Self.text(of: event, request.format)) } catch {
                fault = error
                return false
            }
        }
        try reader.run(past: request.since != nil || request.until != nil)
        if let fault { throw fault }
    }

    private static func text(of event: EngineEvent, _ format: ValueFormat) throws -> String {
        if case .template = format { return try format.text(of: event.fields) { _ in "" } }
        return try format.text(of: event.tree) { _ in event.line }
    }
}

extension LogTime {
    fileprivate init(_ event: EngineEvent) {
        self.init(seconds: event.time / 1_000_000_000, nanoseconds: event.time % 1_000_000_000)
    }
}

extension EngineEvent {
    /// For people: `2026-11-24T08:50:07.000000001Z container start ID (image=busybox, name=web)`.
    fileprivate var line: String {
        let fraction = String(time % 1_000_000_000)
        let zeros = String(repeating: "0", count: max(0, 9 - fraction.utf8.count))
        let instant = "\(Timestamp.text(seconds: time / 1_000_000_000).dropLast()).\(zeros)\(fraction)Z"
        let words = attributes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
        return "\(instant) \(kind.rawValue) \(action) \(id)\(words.isEmpty ? "" : " (\(words))")\n"
    }

    /// Under the names that docker's templates use.
    fileprivate var fields: JSONTree {
        .object([
            .init("Status", .text(action)), .init("ID", .text(id)), .init("From", .text(attributes["image"] ?? "")),
            .init("Type", .text(kind.rawValue)), .init("Action", .text(action)),
            .init("Actor", .object([.init("ID", .text(id)), .init("Attributes", JSONTree(attributes))])),
            .init("Scope", .text("local")), .init("Time", .number(time / 1_000_000_000)),
            .init("TimeNano", .number(time)),
        ])
    }
}
