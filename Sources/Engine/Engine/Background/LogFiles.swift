import Glibc
import Linux

/// The files of a container's log, the oldest first.
struct LogFiles {
    let path: String

    init(directory: String, id: String) { path = "\(directory)/\(id)-json.log" }

    /// Opens what is there.
    ///
    /// - Parameter count: how many there are at most.
    func open(count: Int64) -> [LogFile] {
        var files: [LogFile] = []
        for number in stride(from: max(count, 1) - 1, through: 0, by: -1) {
            let name = number == 0 ? path : "\(path).\(number)"
            if let file = LogFile(name) { files.append(file) }
        }
        return files
    }

    /// Moves each to where the last lines of all together begin.
    static func seek(_ files: [LogFile], toLast lines: Int) {
        var left = lines
        for file in files.reversed() {
            if left <= 0 {
                file.skip()
            } else {
                left -= file.seek(toLast: left)
            }
        }
    }
}

/// One of them.
final class LogFile {
    let descriptor: OwnedDescriptor
    let identity: (device: dev_t, inode: ino_t)
    private var offset: off_t = 0
    /// The beginning of a line whose end is not there yet.
    private var held: [UInt8] = []

    init?(_ path: String) {
        guard let file = try? OwnedDescriptor(opening: path, O_RDONLY | O_NOFOLLOW) else { return nil }
        var status = stat()
        guard fstat(file.number, &status) == 0 else { return nil }
        identity = (status.st_dev, status.st_ino)
        descriptor = file
    }

    private var size: off_t {
        var status = stat()
        return fstat(descriptor.number, &status) == 0 ? status.st_size : 0
    }

    func skip() { offset = size }

    /// Moves to where the last lines begin.
    ///
    /// - Returns: how many there are, at most as many as were asked for.
    func seek(toLast lines: Int) -> Int {
        var found = 0
        let end = size
        var place = end
        var buffer = [UInt8](repeating: 0, count: 65536)
        while place > 0 {
            let start = max(0, place - off_t(buffer.count))
            let count = pread(descriptor.number, &buffer, Int(place - start), start)
            guard count > 0 else { break }
            for index in stride(from: count - 1, through: 0, by: -1) where buffer[index] == 0x0A {
                // The newline of the last line ends it; the one before the first begins it.
                if start + off_t(index) == end - 1 { continue }
                found += 1
                if found == lines {
                    offset = start + off_t(index) + 1
                    return lines
                }
            }
            place = start
        }
        offset = 0
        return end > 0 ? found + 1 : 0
    }

    /// Reads what is there.
    ///
    /// - Parameter line: takes each whole line; false where no more are wanted.
    /// - Returns: whether more are wanted.
    func read(_ line: (ArraySlice<UInt8>) throws -> Bool) rethrows -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65536)
        // A log of one file begins anew where it is full.
        if size < offset {
            offset = 0
            held = []
        }
        while true {
            let count = pread(descriptor.number, &buffer, buffer.count, offset)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return true }
            offset += off_t(count)
            var start = 0
            for index in 0..<count where buffer[index] == 0x0A {
                held += buffer[start..<index]
                start = index + 1
                let isWanted = try line(held[...])
                held.removeAll(keepingCapacity: true)
                if !isWanted { return false }
            }
            held += buffer[start..<count]
        }
    }
}
