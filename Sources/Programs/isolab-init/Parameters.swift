import CWorkload

/// What is to run, and how: the payload of the start frame (Machines/Session/StartMessage.swift), read in place.
///
/// A text is four bytes of length, then its bytes, then a zero that the length does not count: the kernel takes it as it
/// lies.
struct Parameters {
    static let version = 3

    var isTerminal = false
    var hasInput = false
    var isReadOnly = false
    var rows = 0
    var columns = 0
    var user = 0
    var group = 0
    var groups: UnsafePointer<UInt8>
    var groupCount = 0
    var hostname: UnsafePointer<UInt8>
    var hostnameLength = 0
    var directory: UnsafePointer<UInt8>
    /// The file system on the disk; empty where the root lies in the initramfs.
    var diskFormat: UnsafePointer<UInt8>
    /// NULL-terminated, as execve(2) wants them.
    var arguments: UnsafeMutablePointer<Int>
    var environment: UnsafeMutablePointer<Int>
    /// Files to place: a cursor at the first, and how many.
    var files: Cursor
    var fileCount = 0
    /// Places of shared directories: a cursor at the first, and how many.
    var shares: Cursor
    var shareCount = 0
    /// Network devices by their hardware addresses, six bytes each.
    var interfaces: UnsafePointer<UInt8>
    var interfaceCount = 0
    /// What the kernel is asked about them: a cursor at the first request, and how many.
    var requests: Cursor
    var requestCount = 0

    /// - Returns: nil where the bytes are not what they should be.
    init?(_ bytes: UnsafePointer<UInt8>, _ length: Int) {
        var cursor = Cursor(bytes, length)
        guard cursor.number() == Self.version else { return nil }
        let flags = cursor.number()
        isTerminal = flags & 1 != 0
        hasInput = flags & 2 != 0
        isReadOnly = flags & 4 != 0
        rows = cursor.number()
        columns = cursor.number()
        user = cursor.number()
        group = cursor.number()
        groupCount = cursor.number()
        guard groupCount <= 65536, let groups = cursor.bytes(groupCount * 4) else { return nil }
        self.groups = groups
        guard let hostname = cursor.text(), let directory = cursor.text(), let diskFormat = cursor.text(),
            let arguments = cursor.texts(), let environment = cursor.texts(), arguments[0] != 0
        else { return nil }
        self.hostname = hostname
        while hostname[hostnameLength] != 0 { hostnameLength += 1 }
        self.directory = directory
        self.diskFormat = diskFormat
        self.arguments = arguments
        self.environment = environment
        fileCount = cursor.number()
        files = cursor
        var index = 0
        while index < fileCount {
            var length = 0
            _ = cursor.number()
            guard cursor.text() != nil, cursor.blob(&length) != nil else { return nil }
            index += 1
        }
        shareCount = cursor.number()
        shares = cursor
        index = 0
        while index < shareCount {
            _ = cursor.number()
            guard cursor.text() != nil else { return nil }
            index += 1
        }
        interfaceCount = cursor.number()
        guard interfaceCount <= 64, let interfaces = cursor.bytes(6 * interfaceCount) else { return nil }
        self.interfaces = interfaces
        requestCount = cursor.number()
        requests = cursor
        if cursor.isBroken { return nil }
    }

    var hasDisk: Bool { diskFormat[0] != 0 }
}

/// Reads one value after the other and never beyond the end.
struct Cursor {
    private var position: UnsafePointer<UInt8>
    private var remaining: Int
    private(set) var isBroken = false

    init(_ bytes: UnsafePointer<UInt8>, _ length: Int) {
        position = bytes
        remaining = length
    }

    mutating func bytes(_ count: Int) -> UnsafePointer<UInt8>? {
        if count > remaining {
            isBroken = true
            return nil
        }
        let start = position
        position += count
        remaining -= count
        return start
    }

    /// 0 where there is none.
    mutating func number() -> Int {
        guard let bytes = bytes(4) else { return 0 }
        return littleEndian(bytes)
    }

    /// Four bytes of length and as many bytes.
    mutating func blob(_ length: inout Int) -> UnsafePointer<UInt8>? {
        length = number()
        return isBroken ? nil : bytes(length)
    }

    mutating func text() -> UnsafePointer<UInt8>? {
        let length = number()
        guard !isBroken, let text = bytes(length + 1), text[length] == 0 else { return nil }
        return text
    }

    /// A count and as many texts, as a NULL-terminated vector of their addresses.
    mutating func texts() -> UnsafeMutablePointer<Int>? {
        let count = number()
        // Each takes five bytes at least: a count beyond that is nonsense, and no memory is made for it.
        guard !isBroken, count <= remaining / 5 else { return nil }
        let vector = UnsafeMutableRawPointer(memory((count + 1) * 8)).assumingMemoryBound(to: Int.self)
        var index = 0
        while index < count {
            guard let text = text() else { return nil }
            vector[index] = Int(bitPattern: text)
            index += 1
        }
        vector[count] = 0
        return vector
    }
}
