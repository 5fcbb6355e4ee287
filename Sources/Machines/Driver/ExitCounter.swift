internal import CLinux
internal import Glibc
internal import Linux

/// How often a guest's processors came back to the host, as KVM counts it: `kvm/PID-DESCRIPTOR/exits` of the kernel's debugging
/// files, which root may read. They need not be mounted anywhere.
final class ExitCounter: Sendable {
    private let file: OwnedDescriptor

    /// Whether this host lets its root read such counts: a locked-down kernel refuses all of its debugging files.
    static var isOffered: Bool {
        guard StandardDirectories.isHostRoot else { return false }
        let root = OwnedDescriptor(owning: isolab_debug_files())
        guard root.number >= 0 else { return false }
        let all = OwnedDescriptor(owning: isolab_open_at(root.number, "kvm/exits", O_RDONLY, 0))
        return all.number >= 0
    }

    /// - Parameter pid: QEMU's, which has made its machine.
    init?(of pid: Int32) {
        guard StandardDirectories.isHostRoot else { return nil }
        let root = OwnedDescriptor(owning: isolab_debug_files())
        guard root.number >= 0 else { return nil }
        let directory = OwnedDescriptor(
            owning: isolab_open_at(root.number, "kvm", O_RDONLY | O_DIRECTORY, 0))
        guard directory.number >= 0,
            let name = try? SystemFile.names(in: "/proc/self/fd/\(directory.number)").first(where: {
                $0.hasPrefix("\(pid)-")
            })
        else { return nil }
        let number = isolab_open_at(directory.number, name + "/exits", O_RDONLY, 0)
        guard number >= 0 else { return nil }
        file = OwnedDescriptor(owning: number)
    }

    /// So far; nil once the machine is gone.
    var count: UInt64? {
        var bytes = [UInt8](repeating: 0, count: 32)
        let length = pread(file.number, &bytes, bytes.count, 0)
        guard length > 0 else { return nil }
        return UInt64(String(decoding: bytes[..<length].filter { $0 >= 0x30 && $0 <= 0x39 }, as: UTF8.self))
    }
}
