import Glibc
import Linux

/// A trial's own directory, gone when its process ends well.
enum ScratchDirectory {
    /// - Parameter parent: `/dev/shm` spares a disk what is synced to it; `/tmp` may be a disk, whose file system takes more.
    static func make(in parent: String) -> String {
        var template = Array("\(parent)/isolab-fuzz-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("mkdtemp in \(parent): \(SystemError.message(errno))") }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        owned.append(path)
        if owned.count == 1 { atexit { for path in ScratchDirectory.owned { try? TreeRemoval.remove(path) } } }
        return path
    }

    /// One thread makes them, before it tries anything.
    nonisolated(unsafe) private static var owned: [String] = []
}
