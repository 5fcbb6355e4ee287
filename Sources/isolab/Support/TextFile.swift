import Glibc
import Linux

/// A file the user named.
enum TextFile {
    /// Creates or replaces it.
    static func write(_ text: String, to path: String) throws(SystemError) {
        let file = try OwnedDescriptor(opening: path, O_WRONLY | O_CREAT | O_TRUNC)
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = try retryingOnInterrupt("write", path) {
                rest.withUnsafeBytes { Glibc.write(file.number, $0.baseAddress, $0.count) }
            }
            rest = rest.dropFirst(count)
        }
    }
}
