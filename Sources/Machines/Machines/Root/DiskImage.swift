internal import Glibc
internal import Linux

/// A root file system as a read-only disk image, made by the distribution's own tool.
struct DiskImage {
    let layers: [String]
    let format: DiskFormat

    /// Writes the image.
    ///
    /// Several layers are merged by overlayfs, in a mount namespace that nobody else sees and that ends with this call.
    func write(to path: String) throws(GuestError) {
        guard layers.count != 1 else { return try write(of: layers[0], to: path) }
        let place = path + ".merged"
        do throws(SystemError) { try SystemFile.makeDirectories(place, mode: 0o700) } catch { throw .system(error) }
        defer { rmdir(place) }
        let thread: PrivateMountThread
        do throws(SystemError) { thread = try PrivateMountThread(hiding: []) } catch { throw .system(error) }
        defer { thread.end() }
        try thread.run { () throws(GuestError) in
            do throws(SystemError) { try merge(at: place) } catch { throw .system(error) }
            try write(of: place + "/merged", to: path)
        }
    }

    /// Layers get short names first: their paths together may be longer than the page that mount(2) takes.
    private func merge(at place: String) throws(SystemError) {
        try mount("tmpfs", place, "tmpfs", 0, "mode=700")
        for (index, layer) in layers.enumerated() {
            let name = "\(place)/\(index)"
            try SystemFile.makeDirectories(name)
            try mount(layer, name, nil, UInt(MS_BIND), nil)
        }
        try SystemFile.makeDirectories(place + "/merged")
        // The thread's own directory: it shares none with the process's others (CLONE_FS).
        try retryingOnInterrupt("chdir", place) { chdir(place) }
        let names = layers.indices.reversed().map(String.init).joined(separator: ":")
        try mount("overlay", place + "/merged", "overlay", UInt(MS_RDONLY), "lowerdir=\(names)")
    }

    private func mount(
        _ source: String, _ target: String, _ kind: String?, _ flags: UInt, _ options: String?
    ) throws(SystemError) {
        try retryingOnInterrupt("mount", target) { Glibc.mount(source, target, kind, flags, options) }
    }

    private func write(of directory: String, to path: String) throws(GuestError) {
        let arguments = format.arguments(from: directory, to: path)
        let result: HostProgram.Output
        do throws(SystemError) { result = try HostProgram.run(format.tool, arguments) } catch {
            guard error.errno == ENOENT else { throw .system(error) }
            throw .packing(
                tool: format.tool,
                problem: "not found; a root of this size is packed with it: install \(format.package)")
        }
        guard result.status == 0 else { throw .packing(tool: format.tool, problem: result.errorText) }
    }
}

extension DiskFormat {
    /// What makes it.
    var tool: String {
        switch self {
        case .erofs: "mkfs.erofs"
        case .squashfs: "mksquashfs"
        }
    }

    /// Debian's and Ubuntu's package of it.
    var package: String {
        switch self {
        case .erofs: "erofs-utils"
        case .squashfs: "squashfs-tools"
        }
    }

    /// Not compressed: the guest reads through the host's page cache, and under TCG it would pay ten times for each byte.
    func arguments(from directory: String, to path: String) -> [String] {
        switch self {
        case .erofs: ["--quiet", path, directory]
        case .squashfs:
            [directory, path, "-noappend", "-quiet", "-no-progress", "-noI", "-noD", "-noF", "-noX"]
        }
    }

    /// The tool is installed.
    var isAvailable: Bool { ProcessPlan.path(of: tool) != nil }
}
