/// An access control list (acl(5)) as Linux keeps it in an extended attribute (`include/uapi/linux/posix_acl_xattr.h`).
enum AccessControlList {
    static let access = "system.posix_acl_access"
    static let byDefault = "system.posix_acl_default"

    /// From the text that star, GNU tar and libarchive write: `user::rwx,user:lisa:rw-:1000,group::r-x,mask::rwx,other::---`,
    /// where a number stands alone or behind a name.
    ///
    /// - Returns: nil for a text that is none, or names somebody without a number: whose name it is only the image knows.
    static func attribute(_ text: [UInt8]) -> [UInt8]? {
        var entries: [(tag: UInt16, permissions: UInt16, identity: UInt32)] = []
        for part in text.split(whereSeparator: { $0 == UInt8(ascii: ",") || $0 == 0x0A }) {
            let fields = part.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map {
                String(decoding: $0.drop { $0 == 0x20 }, as: UTF8.self)
            }
            guard (3...4).contains(fields.count), let permissions = permissions(fields[2]) else { return nil }
            let name = fields.count == 4 && !fields[3].isEmpty ? fields[3] : fields[1]
            let isNamed = !fields[1].isEmpty || fields.count == 4 && !fields[3].isEmpty
            let tag: UInt16
            switch fields[0] {
            case "user", "u": tag = isNamed ? 0x02 : 0x01
            case "group", "g": tag = isNamed ? 0x08 : 0x04
            case "mask", "m": tag = 0x10
            case "other", "o": tag = 0x20
            default: return nil
            }
            var identity = UInt32.max
            if tag == 0x02 || tag == 0x08 {
                guard let number = UInt32(name), number != .max else { return nil }
                identity = number
            }
            entries.append((tag, permissions, identity))
        }
        guard !entries.isEmpty else { return nil }
        // The kernel wants them in order.
        entries.sort { ($0.tag, $0.identity) < ($1.tag, $1.identity) }
        var bytes: [UInt8] = [2, 0, 0, 0]
        for entry in entries {
            for value in [entry.tag, entry.permissions] {
                bytes += [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)]
            }
            for shift in stride(from: UInt32(0), to: 32, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: entry.identity >> shift))
            }
        }
        return bytes
    }

    private static func permissions(_ text: String) -> UInt16? {
        var result: UInt16 = 0
        for byte in text.utf8.prefix(3) {
            switch byte {
            case UInt8(ascii: "r"): result |= 4
            case UInt8(ascii: "w"): result |= 2
            case UInt8(ascii: "x"): result |= 1
            case UInt8(ascii: "-"): continue
            default: return nil
            }
        }
        return text.utf8.isEmpty ? nil : result
    }
}
