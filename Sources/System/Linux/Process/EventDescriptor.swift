import CLinux

/// A counter of events (eventfd(2)).
package enum EventDescriptor {
    /// - Returns: the descriptor, close-on-exec and not blocking; −1 and errno.
    package static func make() -> Int32 { isolab_event_descriptor() }
}
