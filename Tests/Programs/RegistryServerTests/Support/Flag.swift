import Synchronization

/// Tells threads that it is time to end.
final class Flag: Sendable {
    private let isUp = Atomic(false)
    var value: Bool { isUp.load(ordering: .relaxed) }
    func raise() { isUp.store(true, ordering: .relaxed) }
}
