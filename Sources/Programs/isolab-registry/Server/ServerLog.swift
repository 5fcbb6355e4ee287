import Logging

/// Where Hummingbird says what goes wrong: on standard error, once the registry has begun. What keeps it from beginning is said by the
/// command, in one line and in its own words.
struct ServerLog: LogHandler {
    private var handler: StreamLogHandler
    private let hasBegun: @Sendable () -> Bool

    init(_ label: String, hasBegun: @escaping @Sendable () -> Bool) {
        handler = .standardError(label: label)
        self.hasBegun = hasBegun
    }

    var logLevel: Logger.Level {
        get { handler.logLevel }
        set { handler.logLevel = newValue }
    }

    var metadata: Logger.Metadata {
        get { handler.metadata }
        set { handler.metadata = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { handler[metadataKey: key] }
        set { handler[metadataKey: key] = newValue }
    }

    func log(event: LogEvent) { if hasBegun() { handler.log(event: event) } }
}
