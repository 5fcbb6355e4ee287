public import Linux

/// A request over D-Bus that came to nothing: what was asked, of whom, and why.
public struct BusError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Reason: Equatable, Sendable {
        /// The other side refused, by a name of its own (`org.freedesktop.systemd1.NoSuchUnit`) and in its words.
        case refused(name: String, message: String)
        /// What came is no answer.
        case malformed(String)
        /// Nothing came in so many seconds.
        case silence(seconds: Int)
        /// The socket failed.
        case system(SystemError)
    }

    /// What was asked: `StartTransientUnit`.
    public let operation: String
    /// Of what: a unit, a socket.
    public let object: String
    public let reason: Reason
    public let advice: String?

    public init(_ operation: String, _ object: String, _ reason: Reason, advice: String? = nil) {
        self.operation = operation
        self.object = object
        self.reason = reason
        self.advice = advice
    }

    public var description: String {
        let words =
            switch reason {
            case .refused(let name, let message): "systemd refuses: \(message.isEmpty ? name : "\(message) (\(name))")"
            case .malformed(let fault): "the answer cannot be read: \(fault)"
            case .silence(let seconds): "systemd has not answered in \(seconds) s"
            case .system(let error): "\(error)"
            }
        return "\(operation) \(object): \(words)\(advice.map { "; \($0)" } ?? "")"
    }

    /// The name of a refusal.
    var refusal: String? {
        if case .refused(let name, _) = reason { name } else { nil }
    }
}
