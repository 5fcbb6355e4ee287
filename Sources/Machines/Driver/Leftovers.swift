internal import Glibc

/// What killed drivers left behind: found by their records, released by the next start.
public enum Leftovers {
    /// One thing released.
    public struct Released: Hashable, Sendable, CustomStringConvertible {
        /// QEMU's pid, or `nil` for a directory.
        public let pid: Int32?
        /// The dead driver's root.
        public let root: String

        public var description: String {
            if let pid { "guest process \(pid) of a driver that is gone (\(root))" } else { "directory \(root)" }
        }
    }

    /// The roots whose owner is gone, with the processes that still use them.
    public static func find(in stateDirectory: StateDirectory) -> [Released] {
        let parent = stateDirectory.path("vm")
        var result: [Released] = []
        // A name with a dot in front is one being made.
        for name in FileTree.names(in: parent) where !name.hasPrefix(".") {
            let root = "\(parent)/\(name)"
            if let text = try? TextFile.read(root + "/owner"), let owner = OwnerRecord(text: text), owner.isAlive {
                continue
            }
            result += processes(using: root).map { Released(pid: $0, root: root) }
            result.append(Released(pid: nil, root: root))
        }
        return result
    }

    /// Kills and removes them.
    @discardableResult
    public static func release(in stateDirectory: StateDirectory) -> [Released] {
        let found = find(in: stateDirectory)
        for leftover in found {
            if let pid = leftover.pid { end(pid) } else { FileTree.remove(leftover.root) }
        }
        return found
    }

    /// The emulators whose command line names a path below the root: no record can be late or lost.
    static func processes(using root: String) -> [Int32] {
        let mark = Array((root + "/").utf8)
        return FileTree.names(in: "/proc").compactMap { Int32($0) }.filter { pid in
            guard pid != getpid(), let line = try? TextFile.bytes("/proc/\(pid)/cmdline"),
                line.prefix(while: { $0 != 0 }).suffix(40).contains(Array("qemu".utf8))
            else { return false }
            return line.contains(mark)
        }
    }

    /// SIGKILL, then up to two seconds until it is gone.
    static func end(_ pid: Int32) {
        kill(pid, SIGKILL)
        for _ in 0..<200 {
            guard let status = ProcessStatus(pid: pid), status.state != "Z" else { return }
            usleep(10_000)
        }
    }
}

extension Sequence where Element == UInt8 {
    /// Whether the bytes stand in it, one after the other.
    func contains(_ pattern: [UInt8]) -> Bool {
        let all = Array(self)
        guard !pattern.isEmpty, all.count >= pattern.count else { return pattern.isEmpty }
        return (0...(all.count - pattern.count)).contains { all[$0..<$0 + pattern.count].elementsEqual(pattern) }
    }
}
