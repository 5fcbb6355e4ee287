import Glibc
import Linux

/// Small files of /proc and of libvirt.
enum Files {
    static func text(_ path: String) -> String? {
        guard let file = try? OwnedDescriptor(opening: path, O_RDONLY) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 65536)
        var length = 0
        while length < bytes.count {
            let count = bytes.withUnsafeMutableBytes { read(file.number, $0.baseAddress! + length, $0.count - length) }
            if count <= 0 { break }
            length += count
        }
        return String(decoding: bytes[0..<length], as: UTF8.self)
    }

    static func names(_ directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        return names
    }
}
