internal import CLinux
internal import Glibc

/// The names in a directory, by its descriptor.
package enum DirectoryEntries {
    /// The names, sorted by their bytes; without `.` and `..`.
    package static func names(in directory: Int32, _ shown: String) throws(SystemError) -> [[UInt8]] {
        var names: [[UInt8]] = []
        _ = try first(in: directory, shown) { name throws(SystemError) in
            names.append(Array(UnsafeRawBufferPointer(start: name, count: strlen(name))))
            return false
        }
        return names.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// The first name that a body answers true for.
    package static func first(
        in directory: Int32, _ shown: String, where body: (UnsafePointer<CChar>) throws(SystemError) -> Bool
    ) throws(SystemError) -> [CChar]? {
        // A position of its own: the caller's descriptor may be read again.
        let copy = isolab_open_at(directory, ".", O_RDONLY | O_DIRECTORY, 0)
        guard copy >= 0 else { throw SystemError("openat", shown) }
        guard let stream = fdopendir(copy) else {
            close(copy)
            throw SystemError("fdopendir", shown)
        }
        defer { closedir(stream) }
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw SystemError("readdir", shown) }
                return nil
            }
            var isFound = false
            var found: [CChar]?
            try withUnsafePointer(to: &entry.pointee.d_name) { pointer throws(SystemError) in
                try pointer.withMemoryRebound(to: CChar.self, capacity: 256) { name throws(SystemError) in
                    if strcmp(name, ".") == 0 || strcmp(name, "..") == 0 { return }
                    isFound = try body(name)
                    if isFound { found = Array(UnsafeBufferPointer(start: name, count: strlen(name) + 1)) }
                }
            }
            if isFound { return found }
        }
    }
}
