public import Linux

/// What a container sees as `/`.
public enum RootFileSystem: Equatable, Sendable {
    /// Layers, the uppermost first, under a writable layer that lives in memory and goes with the container.
    ///
    /// `volatile` leaves out the syncs that only matter for a layer meant to outlive the container (overlayfs, "volatile
    /// mount"). `size` bounds the writable layer, in bytes; nil is the kernel's default, half of memory.
    case overlay(lower: [String], volatile: Bool = true, size: UInt64? = nil)
    /// An image's layers under a writable one that outlives the container: mounted in the container's mount namespace alone, so
    /// that nothing of it stays on the host, however the container ends.
    case snapshot(OverlayMount)
    /// A directory that the container cannot write to.
    case readOnly(String)
    /// A directory, written to as it is.
    case directory(String)
}
