import Synchronization

/// A wish to stop, seen by every transfer that was given it.
package final class Cancellation: Sendable {
    private let flag = Atomic<Bool>(false)
    private let outer: Cancellation?

    package init() { outer = nil }

    /// Cancelled with another, or by itself.
    init(within outer: Cancellation) { self.outer = outer }

    package var isCancelled: Bool { flag.load(ordering: .relaxed) || outer?.isCancelled == true }

    package func cancel() { flag.store(true, ordering: .relaxed) }
}
