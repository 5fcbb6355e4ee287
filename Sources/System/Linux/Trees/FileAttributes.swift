internal import CLinux
internal import Glibc

/// Extended attributes (`xattr(7)`), of what is open and of what cannot be opened.
package enum FileAttributes {
    /// All of them, by name, of whatever a path names, a link itself included; none where the file system has none.
    package static func read(_ path: String) throws(SystemError) -> [String: [UInt8]] {
        try read(FileName.terminated(path.utf8), in: nil, path)
    }

    /// - Parameter directory: nil for the working directory, or where the name is absolute.
    package static func read(
        _ name: [CChar], in directory: Int32?, _ shown: String
    ) throws(SystemError) -> [String: [UInt8]] {
        var list = [CChar](repeating: 0, count: 1024)
        let count = try sized(&list, "llistxattr", shown) { buffer, size in
            isolab_list_attributes_at(directory ?? AT_FDCWD, name, buffer, size)
        }
        guard count > 0 else { return [:] }
        var result: [String: [UInt8]] = [:]
        for attribute in list[..<count].split(separator: 0) {
            let key = Array(attribute) + [0]
            var value = [UInt8](repeating: 0, count: 256)
            let length = try sized(&value, "lgetxattr", shown) { buffer, size in
                isolab_get_attribute_at(directory ?? AT_FDCWD, name, key, buffer, size)
            }
            result[String(decoding: attribute.map { UInt8(bitPattern: $0) }, as: UTF8.self)] = Array(value[..<length])
        }
        return result
    }

    /// Calls with a buffer that grows until it is large enough.
    private static func sized<Element: FixedWidthInteger>(
        _ buffer: inout [Element], _ operation: String, _ shown: String,
        _ call: (UnsafeMutablePointer<Element>?, Int) -> Int
    ) throws(SystemError) -> Int {
        while true {
            let count = buffer.withUnsafeMutableBufferPointer { call($0.baseAddress, $0.count) }
            if count >= 0 { return count }
            switch errno {
            case ERANGE where buffer.count < 1 << 20: buffer = Array(repeating: 0, count: buffer.count * 4)
            case ENOTSUP, ENODATA: return 0
            default: throw SystemError(operation, shown)
            }
        }
    }
}
