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

    /// The names of an open file's attributes; none where it has none, or its file system knows none.
    package static func names(of file: Int32) -> [String] {
        let size = isolab_list_attributes(file, nil, 0)
        guard size > 0 else { return [] }
        var list = [CChar](repeating: 0, count: size)
        let count = isolab_list_attributes(file, &list, size)
        guard count > 0 else { return [] }
        return list.prefix(count).split(separator: 0).map {
            String(decoding: $0.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }

    /// An attribute of an open file; nil where it cannot be read, or changes meanwhile.
    package static func value(_ attribute: String, of file: Int32) -> [UInt8]? {
        let size = isolab_get_attribute(file, attribute, nil, 0)
        guard size >= 0 else { return nil }
        var value = [UInt8](repeating: 0, count: size)
        guard isolab_get_attribute(file, attribute, &value, size) == size else { return nil }
        return value
    }

    /// Whether an entry, which may be one that cannot be opened, has an attribute that can be read.
    package static func has(_ attribute: String, _ name: UnsafePointer<CChar>, in directory: Int32) -> Bool {
        isolab_get_attribute_at(directory, name, attribute, nil, 0) >= 0
    }

    /// Sets an attribute of an open file (fsetxattr(2)).
    ///
    /// - Returns: 0; −1 and errno.
    package static func set(
        _ attribute: UnsafePointer<CChar>, _ value: UnsafeRawPointer?, _ count: Int, of file: Int32
    ) -> Int32 {
        isolab_set_attribute(file, attribute, value, count)
    }

    /// The same of an entry that cannot be opened: a link, a device, a pipe.
    package static func set(
        _ attribute: UnsafePointer<CChar>, _ value: UnsafeRawPointer?, _ count: Int,
        at name: UnsafePointer<CChar>, in directory: Int32
    ) -> Int32 {
        isolab_set_attribute_at(directory, name, attribute, value, count)
    }

    /// Removes an attribute of an open file.
    ///
    /// - Returns: 0; −1 and errno.
    package static func remove(_ attribute: String, of file: Int32) -> Int32 {
        isolab_remove_attribute(file, attribute)
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
