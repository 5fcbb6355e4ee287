import Glibc
import Linux

/// A scratch file that takes the standard error of sandboxes.
final class StandardErrorFile {
    private let file: OwnedDescriptor
    private let path: String

    init(in directory: String) throws(SystemError) {
        path = "\(directory)/standard-error"
        file = try OwnedDescriptor(opening: path, O_RDWR | O_CREAT | O_APPEND | O_TRUNC, mode: 0o600)
    }

    var descriptor: Int32 { file.number }

    func reset() { ftruncate(file.number, 0) }

    /// The first 4 KiB said since `reset`.
    var text: String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = pread(file.number, &buffer, buffer.count, 0)
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : ""
    }
}
