import Glibc
import Layers
import Linux
import OCI

/// Unpacks any bytes as a layer, in a directory of its own: by itself, then on top of something.
///
/// What must hold: nothing but `layer` appears beside it, a canary is not touched, a refused layer leaves nothing behind, and what was
/// unpacked can be packed again or is refused for a reason.
package struct LayerTrial: Sendable {
    private let directory: String
    private let blob: Int32

    package init() {
        directory = ScratchDirectory.make(in: "/tmp")
        blob = open("\(directory)/blob", O_RDWR | O_CREAT, 0o600)
        let canary = open("\(directory)/canary", O_WRONLY | O_CREAT, 0o400)
        write(canary, "alive", 5)
        close(canary)
    }

    package func violation(by bytes: UnsafeBufferPointer<UInt8>) -> String? {
        guard put(bytes) else { return "the blob could not be written" }
        let options = Self.options
        let layer = "\(directory)/layer"
        for isOnTop in [false, true] {
            lseek(blob, 0, SEEK_SET)
            do {
                if isOnTop {
                    mkdir(layer, 0o700)
                    symlink("..", "\(layer)/out")
                    _ = try LayerUnpacker(options).apply(LayerBlob(blob), onto: layer)
                } else {
                    _ = try LayerUnpacker(options).unpack(LayerBlob(blob), into: layer)
                    let null = open("/dev/null", O_WRONLY)
                    defer { close(null) }
                    _ = try? LayerPacker(PackOptions(compression: .none, workers: 1)).pack(upper: layer, to: null)
                }
            } catch {
                if !isOnTop, access(layer, F_OK) == 0 { return "left behind after \(error)" }
            }
            if let found = outside() { return found }
            do { try TreeRemoval.remove(layer) } catch { return "\(error)" }
        }
        return nil
    }

    /// Whether an input is unpacked. A trial that refuses everything tries little.
    package func isUnpacked(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let layer = "\(directory)/layer"
        defer { try? TreeRemoval.remove(layer) }
        guard put(bytes) else { return false }
        return (try? LayerUnpacker(Self.options).unpack(LayerBlob(blob), into: layer)) != nil
    }

    private static var options: UnpackOptions {
        var options = UnpackOptions.possible
        options.ownership = .own
        options.devices = .omit
        options.limits.bytes = 8 << 20
        options.limits.fileSize = 1 << 30
        return options
    }

    /// Makes the bytes the blob, at its start.
    private func put(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let archive = Self.withValidChecksums(bytes)
        return ftruncate(blob, 0) == 0 && pwrite(blob, archive, archive.count, 0) == archive.count
            && lseek(blob, 0, SEEK_SET) == 0
    }

    /// The same with the checksum of every header made right: else most documents would end at the first one.
    private static func withValidChecksums(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var archive = Array(bytes)
        let magic = Array("ustar".utf8)
        for start in stride(from: 0, to: archive.count - 511, by: 512)
        where archive[start + 257..<start + 262].elementsEqual(magic) {
            for index in 148..<156 { archive[start + index] = 0x20 }
            var sum = archive[start..<start + 512].reduce(0) { $0 + Int($1) }
            for index in (148..<154).reversed() {
                archive[start + index] = 0x30 + UInt8(sum & 7)
                sum >>= 3
            }
            archive[start + 154] = 0
        }
        return archive
    }

    private func outside() -> String? {
        var information = stat()
        guard stat("\(directory)/canary", &information) == 0, information.st_size == 5, information.st_nlink == 1,
            information.st_mode & 0o7777 == 0o400
        else { return "the canary was touched" }
        guard let stream = opendir(directory) else { return "the directory is gone" }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if ![".", "..", "blob", "canary", "layer"].contains(name) { return "\(name) appeared outside" }
        }
        return nil
    }
}
