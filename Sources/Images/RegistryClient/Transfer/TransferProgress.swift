package import OCI

/// How far one content is on its way.
package struct TransferProgress: Equatable, Sendable {
    package enum State: Equatable, Sendable {
        case waiting
        /// It is there already: nothing to do.
        case present
        /// The registry took it over from another repository.
        case mounted(from: String)
        /// Bytes so far.
        case moving(Int64)
        /// It failed and is tried again, after so many seconds.
        case retrying(reason: String, pause: Double)
        case finished
    }

    package var descriptor: Descriptor
    package var state: State

    package init(_ descriptor: Descriptor, _ state: State) {
        self.descriptor = descriptor
        self.state = state
    }

    /// Takes reports, from several threads at once.
    package typealias Receiver = @Sendable (TransferProgress) -> Void
}
