import Glibc
import Linux
import Synchronization

/// Lines on standard output that say where the registry listens, for whoever waits for them. None is said before all ports are open: what
/// is announced is there. Scripts read the first line, which is the registry's own address.
final class Announcements: Sendable {
    private let lines: Mutex<[String?]>

    /// - Parameter count: ports there will be.
    init(count: Int) { lines = Mutex(Array(repeating: nil, count: count)) }

    /// Whether everything is open.
    var areMade: Bool { lines.withLock { $0.allSatisfy { $0 != nil } } }

    /// - Parameter place: which of the ports it is; the registry's is 0.
    func note(_ line: String, at place: Int) {
        lines.withLock { lines in
            lines[place] = line
            guard lines.allSatisfy({ $0 != nil }) else { return }
            for line in lines.compactMap({ $0 }) {
                try? SystemFile.write(Array(line.utf8), to: STDOUT_FILENO, "standard output")
            }
        }
    }
}
