/// Where a guest's root comes from.
public enum GuestRoot: Hashable, Sendable {
    /// Directories, the lowest first, as overlayfs stacks them, packed for the guest once and kept.
    ///
    /// - `key` names what the directories hold (an image's chain of layers): the same key, the same packing.
    /// - `directory` is where packings are kept; the caller clears it when it clears its images.
    case layers([String], key: String, directory: String)
    /// A read-only disk image made before.
    case disk(String, DiskFormat)
}

/// The file systems that a guest's disk may have.
public enum DiskFormat: String, CaseIterable, Hashable, Sendable {
    case erofs
    case squashfs
}
