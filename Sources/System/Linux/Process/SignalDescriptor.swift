import CLinux

/// Signals that are read from a descriptor (signalfd(2)) instead of being delivered.
package enum SignalDescriptor {
    /// Blocks every signal that can be passed on to another process.
    ///
    /// - Returns: a descriptor that reads them, non-blocking and close-on-exec; −1 and errno.
    package static func hold() -> Int32 { isolab_hold_signals() }

    /// The next signal of such a descriptor, 0 where there is none.
    package static func next(_ descriptor: Int32) -> Int32 { isolab_next_signal(descriptor) }
}
