import CLinux

/// The characters of the calling thread (uselocale(3)), whatever the program's locale.
package enum ThreadCharacters {
    /// Makes them ASCII.
    ///
    /// - Returns: what to give back to `restore`; nil on failure.
    package static func useASCII() -> UnsafeMutableRawPointer? { isolab_use_ascii() }

    package static func restore(_ previous: UnsafeMutableRawPointer?) { isolab_restore_characters(previous) }
}
