import Dispatch
import Synchronization

/// Several threads that work through a list, each with a connection of its own. The first failure stops them all.
enum TransferPool {
    /// - Parameters:
    ///   - open: makes a thread's connection.
    ///   - body: is given the connection of its thread.
    static func run<Item: Sendable, Connection>(
        _ items: [Item], width: Int, cancellation: Cancellation,
        open: @escaping @Sendable (Cancellation) -> Connection,
        body: @escaping @Sendable (Connection, Item) throws -> Void
    ) throws {
        let stop = Cancellation(within: cancellation)
        let work = Work(items)
        let group = DispatchGroup()
        for number in 0..<min(max(1, width), items.count) {
            // A queue of its own is a thread of its own: the work waits for sockets, not for processors.
            DispatchQueue(label: "isolab.transfer.\(number)").async(group: group) {
                let connection = open(stop)
                while !stop.isCancelled, let item = work.next() {
                    do { try body(connection, item) } catch {
                        work.fail(error)
                        stop.cancel()
                    }
                }
            }
        }
        group.wait()
        if let error = work.error { throw error }
        if cancellation.isCancelled { throw CancellationError() }
    }

    private final class Work<Item: Sendable>: Sendable {
        private let state: Mutex<(items: ArraySlice<Item>, error: (any Error)?)>

        init(_ items: [Item]) { state = Mutex((items[...], nil)) }

        func next() -> Item? { state.withLock { $0.items.popFirst() } }

        /// Keeps the first: the others were stopped for it.
        func fail(_ error: any Error) { state.withLock { if $0.error == nil { $0.error = error } } }

        var error: (any Error)? { state.withLock { $0.error } }
    }
}
