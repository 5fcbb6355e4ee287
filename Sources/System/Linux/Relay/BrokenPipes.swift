import CLinux

/// Writes that nobody reads any more.
package enum BrokenPipes {
    /// Has them answer EPIPE on the calling thread, rather than end the process.
    package static func block() { isolab_block_broken_pipes() }
}
