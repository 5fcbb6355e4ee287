import CKeeper

/// The container's log, in its directory: `<id>-json.log`, and what was there before under the same name with a number.
struct LogFile {
    private let rotation: LogRotation
    private let name: [UInt8]
    private var descriptor: Int32
    private var size: Int64 = 0
    /// What is to be written.
    private var lines: [UInt8] = []

    init(identifier: UnsafePointer<CChar>, rotation: LogRotation) {
        self.rotation = rotation
        var name: [UInt8] = []
        for index in 0..<strlen(identifier) { name.append(UInt8(bitPattern: identifier[index])) }
        name.append(contentsOf: "-json.log".utf8)
        self.name = name
        descriptor = -1
        open()
    }

    private mutating func open() {
        descriptor = Self.withPath(name, 0) { keeper_open_log($0) }
        size = descriptor < 0 ? 0 : max(0, Int64(lseek(descriptor, 0, SEEK_END)))
    }

    private static func withPath<Result>(
        _ name: [UInt8], _ number: Int32, _ body: (UnsafePointer<CChar>) -> Result
    ) -> Result {
        var path = name
        if number > 0 {
            path.append(0x2E)
            KeeperOrder.append(Int64(number), to: &path)
        }
        path.append(0)
        return path.withUnsafeBytes { body($0.baseAddress!.assumingMemoryBound(to: CChar.self)) }
    }

    mutating func add(_ text: ArraySlice<UInt8>, isError: Bool, at instant: LogInstant) {
        let before = lines.count
        LogLine.append(text, isError: isError, at: instant, to: &lines)
        let length = lines.count - before
        guard rotation.isFull(size: size + Int64(before), line: length) else { return }
        let line = Array(lines[before...])
        lines.removeLast(length)
        flush()
        rotate()
        lines = line
    }

    /// Writes what was added, whole or not at all: where the disk is full the lines are lost, and the log stays readable.
    mutating func flush() {
        guard !lines.isEmpty else { return }
        defer { lines.removeAll(keepingCapacity: lines.capacity <= 4096) }
        if descriptor < 0 { open() }
        guard descriptor >= 0 else { return }
        var written = 0
        while written < lines.count {
            let count = lines.withUnsafeBytes { write(descriptor, $0.baseAddress! + written, $0.count - written) }
            if count < 0 {
                if keeper_errno() == EINTR { continue }
                ftruncate(descriptor, off_t(size))
                return
            }
            written += count
        }
        size += Int64(written)
    }

    private mutating func rotate() {
        if rotation.renames.isEmpty {
            if descriptor >= 0 { ftruncate(descriptor, 0) }
            size = 0
            return
        }
        for step in rotation.renames {
            Self.withPath(name, step.from) { from in
                Self.withPath(name, step.to) { to in _ = rename(from, to) }
            }
        }
        if descriptor >= 0 { close(descriptor) }
        open()
    }
}
