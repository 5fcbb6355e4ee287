/// Where a guest's root comes from.
package enum GuestRoot: Hashable, Sendable {
    /// Directories, the lowest first, as overlayfs stacks them, packed for the guest once and kept.
    ///
    /// - `key` names what the directories hold (an image's chain of layers): the same key, the same packing.
    /// - `directory` is where packings are kept; the caller clears it when it clears its images.
    case layers([String], key: String, directory: String)
    /// A read-only disk image made before.
    case disk(String, DiskFormat)
}

/// The file systems that a guest's disk may have.
package enum DiskFormat: String, CaseIterable, Hashable, Sendable {
    case erofs
    case squashfs
}

/// How a root of directories reaches its guest.
package enum RootPacking: Hashable, Sendable {
    /// Small ones in the initramfs, others, and those whose files have extended attributes, on a disk.
    case automatic
    /// All of it in the guest's memory, whatever that takes: needs nothing of the host.
    case initramfs
    /// On a read-only disk with memory laid over it: needs the format's tool on the host, and virtio_blk, overlayfs and
    /// the format in the guest's kernel.
    case disk(DiskFormat)

    /// The root from which a disk is the better choice, bytes. An initramfs costs the guest 3.5 ms a MB under TCG and its
    /// size twice in memory; the modules of a disk cost 60 ms.
    static let diskThreshold: UInt64 = 32 << 20
    /// The root up to which a host without the tools still packs an initramfs, bytes.
    static let largestInitramfs: UInt64 = 256 << 20
}
