import CLinux
import Glibc

/// Reads what may never answer, such as files that processes of a container serve (FUSE), in a child: whoever waits for them is out of
/// SIGKILL's reach, and that shall not be this program. A child that gets no answer is left to itself; it ends when they do, or go.
package enum AsideReading {
    /// Milliseconds.
    package static let patience: Int32 = 10_000

    /// Call it while there is one thread.
    ///
    /// - Parameters:
    ///   - object: what is read, for errors.
    ///   - limit: more bytes are refused.
    ///   - patience: milliseconds to wait for the whole.
    ///   - body: runs in the child.
    /// - Throws: what the body throws; ETIMEDOUT where there is no answer.
    package static func read(
        _ object: String, limit: Int, patience: Int32 = Self.patience, _ body: () throws(SystemError) -> [UInt8]
    ) throws(SystemError) -> [UInt8] {
        let answer = try Pipe("the answer of a child")
        let pid = isolab_fork_bound()
        guard pid >= 0 else { throw SystemError("fork", "this process") }
        if pid == 0 {
            // Whoever waits for the end of a pipe of ours does not wait for this one.
            isolab_close_all_but(answer.writeEnd)
            do throws(SystemError) {
                try SystemFile.write([0] + body(), to: answer.writeEnd, object)
            } catch {
                try? SystemFile.write([1] + error.record, to: answer.writeEnd, object)
            }
            _exit(0)
        }
        answer.closeWriteEnd()
        let content: [UInt8]
        do throws(SystemError) { content = try whole(answer.readEnd, object, limit + 1, patience) } catch {
            kill(pid, SIGKILL)
            // It need not end.
            _ = try? ProcessExit.poll(pid)
            throw error
        }
        _ = try ProcessExit.wait(for: pid)
        switch content.first {
        case 0: return Array(content.dropFirst())
        case 1: throw SystemError(record: content.dropFirst()) ?? SystemError("read", object, errno: EIO)
        default: throw SystemError("read", object, errno: 0, advice: "the process that read it was killed")
        }
    }

    private static func whole(
        _ pipe: Int32, _ object: String, _ limit: Int, _ patience: Int32
    ) throws(SystemError) -> [UInt8] {
        let deadline = HostClock.now() &+ UInt64(max(patience, 0)) * 1_000_000
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            var ready = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
            let now = HostClock.now()
            let left = now < deadline ? Int32((deadline - now) / 1_000_000) : 0
            guard try retryingOnInterrupt("poll", object, { poll(&ready, 1, left) }) > 0 else {
                throw SystemError("read", object, errno: ETIMEDOUT)
            }
            let count = try retryingOnInterrupt("read", object) { Glibc.read(pipe, &chunk, chunk.count) }
            if count == 0 { return content }
            content += chunk.prefix(count)
            guard content.count <= limit else {
                throw SystemError("read", object, errno: EFBIG, advice: "more than \(limit) bytes are not read")
            }
        }
    }
}

extension SystemError {
    /// For another process; `init(record:)` reads it.
    fileprivate var record: [UInt8] {
        let parts = [operation, object, "\(errno)", advice ?? ""]
        return Array(parts.joined(separator: "\0").utf8)
    }

    fileprivate init?(record: some Sequence<UInt8>) {
        let parts = String(decoding: Array(record), as: UTF8.self).fields(between: "\0").map { String($0) }
        guard parts.count == 4, let number = Int32(parts[2]) else { return nil }
        self.init(parts[0], parts[1], errno: number, advice: parts[3].isEmpty ? nil : parts[3])
    }
}
