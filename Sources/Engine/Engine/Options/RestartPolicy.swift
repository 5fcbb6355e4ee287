import Linux
package import OCI

/// `--restart`: whether a container runs again when it has ended, and after how long.
package struct RestartPolicy: Equatable, Sendable {
    package enum Kind: String, CaseIterable, JSONValue, Sendable {
        case no
        case onFailure = "on-failure"
        case always
        case unlessStopped = "unless-stopped"
    }

    package var kind: Kind
    /// How often after failures; 0: as often as it takes.
    package var most: Int64

    package init(_ kind: Kind = .no, most: Int64 = 0) {
        self.kind = kind
        self.most = most
    }

    /// `no`, `on-failure[:N]`, `always`, `unless-stopped`.
    package init(_ option: String, _ text: String) throws(OptionError) {
        let parts = text.fields(between: ":", maxSplits: 1)
        guard let kind = text.isEmpty ? .no : Kind(rawValue: String(parts[0])) else {
            throw OptionError(option, text, "takes one of no, on-failure[:N], always, unless-stopped")
        }
        self.init(kind)
        guard parts.count == 2 else { return }
        guard kind == .onFailure else {
            throw OptionError(option, text, "only on-failure takes a number of restarts")
        }
        guard let number = Int64(parts[1]), number >= 0 else {
            throw OptionError(option, text, "takes a number of restarts after 'on-failure:'")
        }
        most = number
    }

    /// As it is written.
    package var text: String { most > 0 ? "\(kind.rawValue):\(most)" : kind.rawValue }

    // MARK: - Deciding

    /// Milliseconds: the first wait, and the longest; each is twice the one before, until a run has lasted ten seconds. Docker's.
    static let firstDelay: Int64 = 100
    static let longestDelay: Int64 = 60_000
    static let settledAfter: Int64 = 10_000

    /// What follows the end of a run.
    ///
    /// - Parameters:
    ///   - status: as a shell has it.
    ///   - lasted: milliseconds.
    ///   - isStopped: whether somebody wanted it to end.
    ///   - restarts: how often it was restarted before.
    ///   - delay: the wait before the run that has ended; 0 for none.
    /// - Returns: milliseconds until the next run; nil: there is none.
    package func delay(
        after status: Int32, lasted: Int64, isStopped: Bool, restarts: Int64, delay: Int64
    ) -> Int64? {
        let runsAgain =
            switch kind {
            case _ where isStopped: false
            case .no: false
            case .always, .unlessStopped: true
            case .onFailure: status != 0 && (most == 0 || restarts < most)
            }
        guard runsAgain else { return nil }
        guard delay > 0, lasted < Self.settledAfter else { return Self.firstDelay }
        return min(delay > Self.longestDelay / 2 ? Self.longestDelay : delay * 2, Self.longestDelay)
    }

    /// Whether a container runs again whose keeper was killed, or whose host was started anew.
    ///
    /// - Parameters:
    ///   - wasRunning: it ran then, or waited for its next run.
    ///   - isStopped: somebody had wanted it to end.
    ///   - restarts: how often it was restarted before.
    package func recovers(wasRunning: Bool, isStopped: Bool, restarts: Int64) -> Bool {
        switch kind {
        case _ where isStopped: false
        case .no: false
        case .always, .unlessStopped: true
        case .onFailure: wasRunning && (most == 0 || restarts < most)
        }
    }
}

extension RestartPolicy: JSONObject {
    package static var blank: RestartPolicy { RestartPolicy() }

    package mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("kind", &kind)
        try members.required("most", &most)
    }
}
