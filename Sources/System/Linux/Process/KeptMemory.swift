import CLinux
import Glibc

/// Memory in pages of its own: all that a successor (`ChildStep.succeed`) has of its maker's, beside the program's code.
final class KeptMemory {
    private(set) var ranges: [isolab_range]
    private var next: UnsafeMutableRawPointer
    private var left: Int

    private static let page = max(sysconf(Int32(_SC_PAGESIZE)), 4096)
    /// What is asked for at a time; pages that nobody touches cost nothing.
    private static let chunk = 256 * 1024
    private static let alignment = 64

    init() {
        let first = Self.map(Self.chunk)
        ranges = [first]
        next = first.start
        left = Int(first.length)
    }

    deinit { for range in ranges { munmap(range.start, Int(range.length)) } }

    func reserve(_ size: Int) -> UnsafeMutableRawPointer {
        let size = (max(size, 1) + Self.alignment - 1) & ~(Self.alignment - 1)
        if size > left {
            let more = Self.map(max(size, Self.chunk))
            ranges.append(more)
            next = more.start
            left = Int(more.length)
        }
        let place = next
        next += size
        left -= size
        return place
    }

    private static func map(_ size: Int) -> isolab_range {
        let length = (size + page - 1) & ~(page - 1)
        guard let memory = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            memory != MAP_FAILED
        else { fatalError("no memory for a launch: \(SystemError.message(errno))") }
        return isolab_range(start: memory, length: UInt64(length))
    }
}
