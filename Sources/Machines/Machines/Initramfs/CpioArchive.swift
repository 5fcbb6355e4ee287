/// A `newc` cpio archive being written (Linux, Documentation/driver-api/early-userspace/buffer-format.rst).
///
/// Headers only say what a node is, so device nodes need neither root nor mknod. Inode numbers count from 1 and times are
/// 0 unless given: the same tree gives the same bytes. What was written so far may be taken away at any time.
struct CpioArchive {
    private(set) var bytes: [UInt8] = []
    /// How many were taken away already.
    private var taken = 0
    private var inode: UInt32 = 0

    /// What a header says of one node.
    struct Node: Equatable {
        var mode: UInt32
        var user: UInt32 = 0
        var group: UInt32 = 0
        var links: UInt32 = 1
        /// Seconds since 1970.
        var time: UInt32 = 0
        var deviceMajor: UInt32 = 0
        var deviceMinor: UInt32 = 0
    }

    /// Appends one node with its content (a file's bytes, a link's target).
    ///
    /// - Parameter inode: that of an earlier name of the same file, for hard links; a new one where `nil`.
    @discardableResult
    mutating func append(_ name: String, _ node: Node, content: [UInt8] = [], inode shared: UInt32? = nil) -> UInt32 {
        let number = begin(Array(name.utf8), node, size: UInt32(content.count), inode: shared)
        bytes += content
        pad()
        return number
    }

    /// Appends a header alone; `size` bytes of content follow by `add`, and then `pad()`.
    @discardableResult
    mutating func begin(_ name: [UInt8], _ node: Node, size: UInt32, inode shared: UInt32? = nil) -> UInt32 {
        let number: UInt32
        if let shared {
            number = shared
        } else {
            inode += 1
            number = inode
        }
        bytes += Array("070701".utf8)
        let fields: [UInt32] = [
            number, node.mode, node.user, node.group, node.links, node.time, size, 0, 0,
            node.deviceMajor, node.deviceMinor, UInt32(name.count + 1), 0,
        ]
        for field in fields { appendHexadecimal(field) }
        bytes += name
        bytes.append(0)
        pad()
        return number
    }

    mutating func add(_ content: some Sequence<UInt8>) { bytes += content }

    mutating func pad() { while (taken + bytes.count) % 4 != 0 { bytes.append(0) } }

    /// Hands over what was written since the last time.
    mutating func take() -> [UInt8] {
        defer { bytes = [] }
        taken += bytes.count
        return bytes
    }

    /// Ends the archive.
    mutating func finish() {
        inode = UInt32.max
        append("TRAILER!!!", Node(mode: 0), inode: 0)
        // Archives are concatenated and loaded in whole blocks.
        bytes += [UInt8](repeating: 0, count: (512 - (taken + bytes.count) % 512) % 512)
    }

    private mutating func appendHexadecimal(_ value: UInt32) {
        for shift in stride(from: UInt32(28), through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: value >> shift) & 0x0f
            bytes.append(digit < 10 ? 0x30 + digit : 0x37 + digit)
        }
    }
}
