/// The modules that are kept of a kernel's package for one purpose, with what they depend on.
struct ModuleSelection: Equatable {
    /// The directory beside the bzImage that they are kept in: another one whenever more modules are wanted, so that what was
    /// fetched before is fetched again.
    let directory: String
    let names: [String]

    /// What guests of any kind ask for.
    static let guests = ModuleSelection(
        directory: "guest-modules-2",
        names: [
            "virtio_mmio", "virtio_pci", "virtio_console", "virtio_blk", "erofs", "squashfs", "overlay", "virtiofs",
            "virtio_net",
        ])
}
