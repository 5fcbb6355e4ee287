private import Glibc
internal import Linux
internal import OCI

/// A Linux kernel for guests, as the package ships it and unpacked.
package struct GuestKernel: Codable, Hashable, Sendable {
    package enum Origin: String, Codable, Sendable {
        case given, package, host
    }

    package var origin: Origin
    /// The bzImage, or the given ELF itself.
    package var image: String
    /// The uncompressed ELF, which QEMU enters through its PVH note without decompression.
    package var vmlinux: String
    /// The build's own line, `6.1.0-… (debian-kernel@…) #1 SMP …`, or the file's name.
    package var version: String
    /// `sha256:…` of `image`.
    package var digest: String

    /// What uname(2) says on it, `6.1.0-…`; nil for an ELF, which is known by its file's name alone.
    package var release: String? {
        version.contains(" #") ? String(version.prefix { $0 != " " }) : nil
    }

    /// Finds a kernel: the one given, else one fetched before, else the distribution's package, else the host's own.
    ///
    /// - Parameters:
    ///   - given: the user's `--kernel`.
    ///   - mayFetch: whether the package manager may be asked.
    package static func find(
        given: String? = nil, cache: Cache = Cache(), mayFetch: Bool = true
    ) throws(KernelError) -> GuestKernel {
        if let given { return try open(given, origin: .given, cache: cache) }
        var tried: [String] = []
        if let fetched = KernelPackage.newestFetched(cache: cache) {
            return try open(fetched, origin: .package, cache: cache)
        }
        if mayFetch {
            do throws(KernelError) {
                return try open(try KernelPackage.fetch(cache: cache), origin: .package, cache: cache)
            } catch {
                tried.append(error.description)
            }
        } else {
            tried.append("no kernel was downloaded before")
        }
        let own = "/boot/vmlinuz-" + hostRelease()
        if access(own, R_OK) == 0 { return try open(own, origin: .host, cache: cache) }
        tried.append("\(own): \(SystemError.message(errno))")
        throw .noneFound(tried: tried)
    }

    /// Takes an image apart and keeps the unpacked kernel in the cache, by digest.
    package static func open(_ path: String, origin: Origin, cache: Cache) throws(KernelError) -> GuestKernel {
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try SystemFile.bytes(of: path) } catch {
            throw .unusable(path: path, why: SystemError.message(error.errno))
        }
        let digest = Digest(sha256Of: bytes)
        let name = String(path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...])
        if bytes.starts(with: elfMagic) {
            return GuestKernel(
                origin: origin, image: path, vmlinux: path, version: name, digest: digest.description)
        }
        guard let image = BootImage(bytes) else { throw .unusable(path: path, why: "neither a bzImage nor an ELF") }
        let unpacked = cache.path("kernel/unpacked/\(digest.hexadecimal).vmlinux")
        if access(unpacked, R_OK) != 0 {
            let kernel = try unpack(bytes, image, path)
            do throws(SystemError) {
                try SystemFile.makeDirectories(cache.path("kernel/unpacked"))
                try WholeFile.replace(unpacked, with: kernel)
            } catch { throw .system(error) }
        }
        return GuestKernel(
            origin: origin, image: path, vmlinux: unpacked, version: image.version, digest: digest.description)
    }

    private static let elfMagic: [UInt8] = [0x7f, 0x45, 0x4c, 0x46]
    /// No kernel is larger; a broken stream ends here.
    private static let largestKernel = 512 << 20

    private static func unpack(
        _ bytes: [UInt8], _ image: BootImage, _ path: String
    ) throws(KernelError) -> [UInt8] {
        guard let compression = image.compression else {
            throw .unpackFailed(path: path, why: "its compression is not known")
        }
        let kernel: [UInt8]
        if compression == .lz4 {
            do throws(LZ4.Failure) {
                kernel = try LZ4.decompressLegacyFrame(bytes[image.payload], limit: largestKernel)
            } catch { throw .unpackFailed(path: path, why: "the LZ4 stream is broken (\(error))") }
        } else {
            kernel = try unpack(Array(bytes[image.payload]), with: compression, path)
        }
        guard kernel.starts(with: elfMagic) else {
            throw .unpackFailed(path: path, why: "the unpacked kernel is not an ELF file")
        }
        return kernel
    }

    /// The formats other than LZ4 are left to the distribution's own programs, which every one of them has.
    private static func unpack(
        _ payload: [UInt8], with compression: BootImage.Compression, _ path: String
    ) throws(KernelError) -> [UInt8] {
        let program = compression == .lzma ? "xz" : compression.rawValue
        let format = compression == .lzma ? ["--format=lzma"] : []
        let result: HostProgram.Output
        do throws(SystemError) { result = try HostProgram.run(program, format + ["-dc"], input: payload) } catch {
            throw .unpackFailed(path: path, why: "\(error); install \(program)")
        }
        // The payload ends with four bytes of size, which the programs call trailing garbage: the output counts.
        guard !result.output.isEmpty else { throw .unpackFailed(path: path, why: "\(program): \(result.errorText)") }
        return result.output
    }

    /// Where this kernel's modules are; nil where it has none that could be found, as one with everything built in.
    ///
    /// - Parameter selection: what to keep of a package that is fetched; others have them all.
    func modules(cache: Cache, _ selection: ModuleSelection = .guests) throws(KernelError) -> KernelModules? {
        switch origin {
        case .package:
            let directory = KernelPackage.modules(besides: image, selection)
            if access(directory, R_OK) != 0 {
                try KernelPackage.fetchModules(besides: image, cache: cache, selection)
            }
            return KernelModules(directory: directory)
        case .host:
            return KernelModules(directory: "/lib/modules/" + Self.hostRelease())
        case .given:
            let release = String(version.prefix { $0 != " " })
            let directory = image[..<(image.lastIndex(of: "/") ?? image.startIndex)]
            let places: [String] = [directory + "/modules", "/lib/modules/\(release)"]
            return places.first { access($0, R_OK) == 0 }.map { KernelModules(directory: $0) }
        }
    }

    static func hostRelease() -> String {
        var names = utsname()
        guard uname(&names) == 0 else { return "unknown" }
        return withUnsafeBytes(of: &names.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
