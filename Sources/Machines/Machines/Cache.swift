import Linux

/// Where what can be made again is kept: kernels, initramfs archives.
package struct Cache: Hashable, Sendable {
    package let root: String

    /// - Parameter root: isolab's own (`StandardDirectories.cache`) where not given.
    package init(root: String? = nil) {
        self.root = root ?? StandardDirectories.cache
    }

    /// A path below the root.
    package func path(_ relative: String) -> String { "\(root)/\(relative)" }
}
