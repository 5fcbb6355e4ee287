import Glibc
import Linux

/// The root file system every lane runs in, with the workload at `/isolab-workload`: the same bytes everywhere.
final class Image {
    /// The workload's path on the host.
    let workload: String
    /// The merged root file system.
    let rootfs: String
    /// What it is, for the manifest.
    let origin: String
    /// Mounted over a directory of the user's, to be unmounted at the end.
    private var mounted: String?

    static let workloadName = "isolab-workload"

    /// Directories a container's mounts need.
    private static let directories = ["proc", "sys", "dev", "tmp", "etc", "run", "root", "var", "usr", "bin"]

    /// - Parameters:
    ///   - directory: the user's root file system, which is never written to; isolab's minimal one where `nil`.
    ///   - workload: the static ELF on the host.
    ///   - cache: where the minimal one is kept.
    ///   - scratch: where it is mounted over a directory of the user's.
    init(_ directory: String?, workload: String, cache: String, scratch: String) throws(LabError) {
        if let directory { try Self.check(directory) }
        do {
            let bytes = try SystemFile.bytes(of: workload)
            let digest = Self.key(bytes)
            if let directory {
                let layer = "\(cache)/image/\(digest)-layer"
                try Self.build(layer, ["proc", "sys", "dev", "tmp"], accounts: false, bytes)
                origin = directory
                rootfs = try Self.overlay(directory, upper: layer, at: "\(scratch)/image")
                mounted = rootfs
            } else {
                let base = "\(cache)/image/\(digest)"
                try Self.build(base, Self.directories, accounts: true, bytes)
                origin = "isolab's minimal image"
                rootfs = base
            }
        } catch {
            throw .system(error)
        }
        self.workload = "\(rootfs)/\(Self.workloadName)"
    }

    private static func check(_ directory: String) throws(LabError) {
        guard access(directory, F_OK) == 0 else { throw .image(path: directory, problem: "does not exist") }
        guard Files.isDirectory(directory) else { throw .image(path: directory, problem: "is not a directory") }
        guard !directory.contains(where: { ",:\\".contains($0) }) else {
            throw .image(path: directory, problem: "has ',', ':' or '\\' in its name, which overlayfs reads as its own")
        }
        guard ["bin", "usr", "etc", "lib"].contains(where: { Files.isDirectory("\(directory)/\($0)") }) else {
            throw .image(path: directory, problem: "holds none of bin, usr, etc, lib")
        }
    }

    /// FNV-1a over the bytes: names the cached copy; the manifest holds the SHA-256.
    private static func key(_ bytes: [UInt8]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }

    /// Builds the minimal tree beside its place and renames it in: a half-made image is never used.
    private static func build(
        _ base: String, _ directories: [String], accounts: Bool, _ workload: [UInt8]
    ) throws(SystemError) {
        if let present = try? SystemFile.bytes(of: "\(base)/\(workloadName)"), present == workload { return }
        let making = "\(base).\(RandomName.make())"
        for name in directories { try SystemFile.makeDirectories("\(making)/\(name)") }
        if accounts {
            try Files.write("root:x:0:0:root:/root:/\(workloadName)\n", to: "\(making)/etc/passwd")
            try Files.write("root:x:0:\n", to: "\(making)/etc/group")
        }
        let path = "\(making)/\(workloadName)"
        do {
            let file = try OwnedDescriptor(opening: path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o755)
            try SystemFile.write(workload, to: file.number, path)
            fchmod(file.number, 0o755)
        }
        try SystemFile.synchronize(path)
        // Two tries: where another isolab made the same image meanwhile its copy is used; a damaged one is moved aside.
        for _ in 0..<2 {
            if rename(making, base) == 0 { return }
            let number = errno
            guard number == ENOTEMPTY || number == EEXIST else {
                try? TreeRemoval.remove(making)
                throw SystemError("rename", base, errno: number)
            }
            if let present = try? SystemFile.bytes(of: "\(base)/\(workloadName)"), present == workload {
                try? TreeRemoval.remove(making)
                return
            }
            let aside = "\(making).damaged"
            guard rename(base, aside) == 0 else { throw SystemError("rename", base) }
            try? TreeRemoval.remove(aside)
        }
        try? TreeRemoval.remove(making)
        throw SystemError("rename", base, errno: EEXIST)
    }

    /// The user's directory below isolab's layer; read-only because there is no upper directory.
    private static func overlay(_ directory: String, upper: String, at target: String) throws(SystemError) -> String {
        try SystemFile.makeDirectories(target)
        let options = "lowerdir=\(upper):\(directory)"
        let result = options.withCString { mount("overlay", target, "overlay", UInt(MS_RDONLY), $0) }
        guard result == 0 else {
            throw SystemError("mount overlay", target, advice: "an --image needs root to be mounted")
        }
        return target
    }

    func close() {
        guard let mounted else { return }
        umount2(mounted, Int32(MNT_DETACH))
        rmdir(mounted)
        self.mounted = nil
    }

    deinit { close() }
}
