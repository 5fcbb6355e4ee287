import Containers
import Glibc
import Linux

/// What is known of a container that cannot end yet, in the file that is its lock: nobody waits twice for the same processes.
extension ContainerRecords.Claim {
    private static let limit = 4096

    private static let copyMark = Array("copy\n".utf8)

    /// Whether it is a command's that copies files of a container at rest: when that was killed, nothing of it is left to free.
    var isForCopy: Bool {
        var buffer = [UInt8](repeating: 0, count: Self.copyMark.count)
        return pread(number, &buffer, buffer.count, 0) == buffer.count && buffer == Self.copyMark
    }

    /// A mark that cannot be written makes a command that is killed look like one that ran the container.
    func markForCopy() { _ = Self.copyMark.withUnsafeBytes { pwrite(number, $0.baseAddress, $0.count, 0) } }

    /// Processes that were killed and did not die.
    var held: [ProcessIdentity] {
        var buffer = [UInt8](repeating: 0, count: Self.limit)
        let count = pread(number, &buffer, buffer.count, 0)
        guard count > 0 else { return [] }
        return String(decoding: buffer[..<count], as: UTF8.self).parts(between: "\n").compactMap { line in
            let numbers = line.parts(between: " ")
            guard numbers.count == 2, let pid = Int32(numbers[0]), pid > 0, let start = UInt64(numbers[1]) else {
                return nil
            }
            return ProcessIdentity(pid: pid, startTime: start)
        }
    }

    /// Writes them down; what does not fit, or cannot be written, is looked at anew by the next command.
    func keep(held: [ProcessIdentity]) {
        let text = Array(held.map { "\($0.pid) \($0.startTime)\n" }.joined().utf8)
        guard text.count <= Self.limit, ftruncate(number, 0) == 0 else { return }
        _ = text.withUnsafeBytes { pwrite(number, $0.baseAddress, $0.count, 0) }
    }
}
