import Glibc
import Linux

/// Short commands of other programs, outside of every measurement.
enum CommandOutput {
    /// Standard output of a command that ends by itself within ten seconds; it is killed then.
    static func text(_ program: String, _ arguments: [String]) throws(SystemError) -> String {
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDWR)
        let plan = ProcessPlan(program, arguments, group: .ownSession)
        let child = try ChildProcess(plan, complaints: null.number, keepsInput: false, null: null.number)
        defer { child.close() }
        let deadline = HostClock.now() + 10_000_000_000
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while HostClock.now() < deadline, bytes.count < 1 << 20 {
            var descriptor = pollfd(fd: child.output, events: Int16(POLLIN), revents: 0)
            guard poll(&descriptor, 1, 1000) > 0 else { continue }
            let count = read(child.output, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes.append(contentsOf: buffer[..<count])
        }
        guard child.wait(until: deadline) != nil else {
            child.kill()
            _ = child.wait(until: HostClock.now() + 1_000_000_000)
            throw SystemError("run", program, errno: ETIMEDOUT)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
