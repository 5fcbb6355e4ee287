import Linux

/// Where what can be made again is kept: kernels, initramfs archives.
public struct Cache: Hashable, Sendable {
    public let root: String

    /// - Parameter root: isolab's own (`StandardDirectories.cache`) where not given.
    public init(root: String? = nil) {
        self.root = root ?? StandardDirectories.cache
    }

    /// A path below the root.
    public func path(_ relative: String) -> String { "\(root)/\(relative)" }
}
