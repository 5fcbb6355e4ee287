/// One thing this host can or cannot do, as `isolab doctor` says it.
package struct Capability: Codable, Equatable, Sendable {
    package enum State: String, Codable, Sendable, CaseIterable {
        /// Done just now, or found as it must be.
        case works
        /// Usable, with something less than isolab wants; `detail` says what.
        case limited
        case missing
    }

    /// A few words: `namespace net`, `overlay file system`, `peer crun`.
    package var name: String
    package var state: State
    /// One sentence: what was found.
    package var detail: String
    /// The exact command that would mend a lack; empty where nothing is to be done, or nothing can be.
    package var remedy: String
    /// Whether the main job (`isolab bench`: native, container and guest) cannot be done without it.
    package var needed: Bool

    package init(
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
    package var allowMainJob: Bool { allSatisfy { !$0.needed || $0.state != .missing } }
}
