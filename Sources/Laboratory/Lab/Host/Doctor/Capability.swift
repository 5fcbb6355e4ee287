/// One thing this host can or cannot do, as `isolab doctor` says it.
public struct Capability: Codable, Equatable, Sendable {
    public enum State: String, Codable, Sendable, CaseIterable {
        /// Done just now, or found as it must be.
        case works
        /// Usable, with something less than isolab wants; `detail` says what.
        case limited
        case missing
    }

    /// A few words: `namespace net`, `overlay file system`, `peer crun`.
    public var name: String
    public var state: State
    /// One sentence: what was found.
    public var detail: String
    /// The exact command that would mend a lack; empty where nothing is to be done, or nothing can be.
    public var remedy: String
    /// Whether the main job (`isolab bench`: native, container and guest) cannot be done without it.
    public var needed: Bool

    public init(
        _ name: String, _ state: State, _ detail: String, remedy: String = "", needed: Bool = false
    ) {
        self.name = name
        self.state = state
        self.detail = detail
        self.remedy = remedy
        self.needed = needed
    }
}

extension Capability {
    /// For one who is root already, and may have no sudo.
    var forRoot: Capability {
        var capability = self
        if remedy.hasPrefix("sudo ") { capability.remedy = String(remedy.dropFirst(5)) }
        return capability
    }
}

extension Collection<Capability> {
    /// Whether the main job can run whole: nothing it needs is missing.
    public var allowMainJob: Bool { allSatisfy { !$0.needed || $0.state != .missing } }
}
