private import Glibc

/// Where what can be made again is kept: kernels, initramfs archives.
public struct Cache: Hashable, Sendable {
    public let root: String

    /// - Parameter root: `/var/cache/isolab` for root, else `$XDG_CACHE_HOME/isolab` or `~/.cache/isolab`, where not given.
    public init(root: String? = nil) {
        if let root {
            self.root = root
        } else if geteuid() == 0 {
            self.root = "/var/cache/isolab"
        } else if let named = getenv("XDG_CACHE_HOME") {
            self.root = String(cString: named) + "/isolab"
        } else {
            self.root = (getenv("HOME").map { String(cString: $0) } ?? "/tmp") + "/.cache/isolab"
        }
    }

    /// A path below the root.
    public func path(_ relative: String) -> String { "\(root)/\(relative)" }
}
