internal import Glibc
internal import Linux

/// Makes what a guest boots from, or finds it where it was kept.
struct RootPacker {
    let kernel: GuestKernel
    let machine: MachineKind
    let packing: RootPacking
    let cache: Cache
    /// The guest mounts directories of the host.
    let sharesDirectories: Bool
    /// The guest has network devices.
    var hasNetworks = false
    /// `isolab-init`.
    let program: String

    /// The files of a guest's root.
    struct Packed: Equatable {
        var initramfs: String
        var initramfsBytes: UInt64
        var disk: String?
        var format: DiskFormat?
    }

    /// - Parameter memory: the guest's, bytes, where it is decided already.
    func pack(_ root: GuestRoot, memory: UInt64?) throws(GuestError) -> Packed {
        switch root {
        case .disk(let path, let format): return try packed(disk: path, format)
        case .layers(let layers, let key, let directory):
            guard !layers.isEmpty else { throw .command(GuestCommandError("root", "it has no layer")) }
            guard !key.isEmpty, key != ".", key != "..", key.utf8.allSatisfy({ $0 != 0x2f && $0 != 0 }),
                key.utf8.count <= 200
            else { throw .command(GuestCommandError("root's key", "\"\(key.prefix(80))\" is not a file name")) }
            let place = "\(directory)/\(key)"
            guard let format = try format(layers, place, memory) else {
                let archive = try archive(nil)
                let tree = MergedTree(layers: layers.reversed())
                let path = try find(archive, tree, "\(place).\(archive.digest.prefix(16)).cpio")
                return try packed(initramfs: path, nil, nil)
            }
            let disk = try PackedFile.find("\(place).\(format.rawValue)") { _, path throws(GuestError) in
                try DiskImage(layers: layers, format: format).write(to: path)
            } failed: {
                .system($0)
            }
            return try packed(disk: disk, format)
        }
    }

    /// The format of the disk that the root lies on, or will; nil for an initramfs. What is packed already decides.
    private func format(_ layers: [String], _ place: String, _ memory: UInt64?) throws(GuestError) -> DiskFormat? {
        switch packing {
        case .initramfs: return nil
        case .disk(let format): return format
        case .automatic: break
        }
        if let kept = DiskFormat.allCases.first(where: { access("\(place).\($0.rawValue)", R_OK) == 0 }) { return kept }
        let size: RootSize
        do throws(SystemError) { size = try RootSize(of: MergedTree(layers: layers.reversed())) } catch {
            throw .system(error)
        }
        let fits = memory.map { GuestMemory.least(initramfs: size.bytes) <= $0 } ?? true
        if size.attributed == nil && size.bytes <= RootPacking.diskThreshold && fits { return nil }
        if let format = DiskFormat.allCases.first(where: \.isAvailable) { return format }
        let tool = DiskFormat.erofs
        if let path = size.attributed {
            throw .packing(
                tool: tool.tool,
                problem: "not found; /\(path) has extended attributes, which an initramfs does not carry: "
                    + "install \(tool.package)")
        }
        if size.bytes <= RootPacking.largestInitramfs && fits { return nil }
        throw .packing(
            tool: tool.tool,
            problem: "not found; a root of \(size.bytes >> 20) MiB is packed with it: install \(tool.package)")
    }

    private func packed(disk: String, _ format: DiskFormat) throws(GuestError) -> Packed {
        guard access(disk, R_OK) == 0 else { throw .system(SystemError("open", disk)) }
        let archive = try archive(format)
        let path = try find(archive, nil, cache.path("guest/boot.\(archive.digest.prefix(16)).cpio"))
        return try packed(initramfs: path, disk, format)
    }

    private func packed(initramfs: String, _ disk: String?, _ format: DiskFormat?) throws(GuestError) -> Packed {
        var information = stat()
        guard stat(initramfs, &information) == 0 else { throw .system(SystemError("stat", initramfs)) }
        return Packed(
            initramfs: initramfs, initramfsBytes: UInt64(information.st_size), disk: disk, format: format)
    }

    private func find(_ archive: BootArchive, _ tree: MergedTree?, _ path: String) throws(GuestError) -> String {
        try PackedFile.find(path) { descriptor, path throws(GuestError) in
            do throws(SystemError) { try archive.write(tree, to: descriptor, path: path) } catch {
                throw .system(error)
            }
        } failed: {
            .system($0)
        }
    }

    /// - Parameter disk: the format of the disk that the guest shall mount.
    private func archive(_ disk: DiskFormat?) throws(GuestError) -> BootArchive {
        var wanted = [machine == .microvm ? "virtio_mmio" : "virtio_pci", "virtio_console"]
        if let disk { wanted += ["virtio_blk", disk.rawValue, "overlay"] }
        if sharesDirectories { wanted.append("virtiofs") }
        if hasNetworks { wanted.append("virtio_net") }
        let modules: KernelModules?
        do throws(KernelError) { modules = try kernel.modules(cache: cache) } catch { throw .kernel(error) }
        do throws(SystemError) {
            return BootArchive(program: try SystemFile.bytes(of: program), modules: try modules?.load(wanted) ?? [])
        } catch { throw .system(error) }
    }
}

/// How much memory a guest needs.
enum GuestMemory {
    /// What a kernel needs for itself, bytes: Debian's for clouds boots in 68 MiB.
    static let kernel: UInt64 = 96 << 20
    /// What a guest gets where nobody says, bytes: no more than it touches is really taken from the host.
    static let usual: UInt64 = 512 << 20

    /// The archive lies in memory twice while it is unpacked, and what it becomes may fill half of the memory only.
    static func least(initramfs: UInt64) -> UInt64 { kernel +| 2 *| initramfs }

    /// - Returns: MiB.
    static func decide(_ wanted: UInt64?, initramfs: UInt64) throws(GuestError) -> Int {
        let least = least(initramfs: initramfs)
        guard let wanted else { return Int(max(usual, least +| kernel) >> 20) }
        guard wanted >= least else {
            throw .command(
                GuestCommandError(
                    "memory", "\(wanted >> 20) MiB is too little: this root needs \((least >> 20) + 1) MiB")
            )
        }
        return Int(clamping: wanted >> 20)
    }
}

/// What decides how a root is packed.
struct RootSize: Equatable {
    /// What the files hold together, as an archive would carry them.
    var bytes: UInt64 = 0
    /// The first file with extended attributes: a capability, an access control list. An archive for the kernel (`newc`) has no
    /// place for them.
    var attributed: String?

    init(of tree: MergedTree) throws(SystemError) {
        var (bytes, attributed) = (UInt64(0), String?.none)
        try tree.visit { node throws(SystemError) in
            // A header and a name each.
            bytes +|= 110 +| UInt64(node.path.count)
            if node.kind == S_IFREG {
                bytes +|= UInt64(max(0, node.status.st_size)) / UInt64(max(1, node.status.st_nlink))
            }
            // A host with SELinux labels every file: that is none of the image's.
            if attributed == nil, try node.attributes().keys.contains(where: { $0 != "security.selinux" }) {
                attributed = FileName.shown(node.path)
            }
        }
        (self.bytes, self.attributed) = (bytes, attributed)
    }
}
