import Glibc

extension Cgroup {
    private func number(_ controller: String, v1: String, v2: String) throws(SystemError) -> UInt64? {
        guard let directory = directory(of: controller) else { return nil }
        return try SystemFile.readNumber("\(directory.path)/\(directory.version == 1 ? v1 : v2)")
    }

    /// Bytes charged now: anonymous memory, page cache first touched here, and the kernel's own for these processes.
    public func memoryCurrent() throws(SystemError) -> UInt64? {
        try number("memory", v1: "memory.usage_in_bytes", v2: "memory.current")
    }

    /// The largest charge ever, in bytes; nil before kernel 5.19 on v2.
    public func memoryPeak() throws(SystemError) -> UInt64? {
        do throws(SystemError) {
            return try number("memory", v1: "memory.max_usage_in_bytes", v2: "memory.peak")
        } catch {
            if error.errno == ENOENT { return nil }
            throw error
        }
    }

    /// Nanoseconds of CPU that everything ever inside has used.
    public func cpuTime() throws(SystemError) -> UInt64? {
        if let directory = directory(of: "cpuacct"), directory.version == 1 {
            return try SystemFile.readNumber("\(directory.path)/cpuacct.usage")
        }
        // v2 counts CPU in every cgroup, whether or not the controller is enabled.
        guard let directory = unified else { return nil }
        return try keyed("\(directory.path)/cpu.stat", "usage_usec").map { $0 * 1000 }
    }

    /// How many processes the kernel killed here for want of memory.
    public func outOfMemoryKills() throws(SystemError) -> UInt64? {
        guard let directory = directory(of: "memory") else { return nil }
        let file = directory.version == 1 ? "memory.oom_control" : "memory.events"
        return try keyed("\(directory.path)/\(file)", "oom_kill")
    }

    private func keyed(_ path: String, _ key: String) throws(SystemError) -> UInt64? {
        for line in try SystemFile.read(path).parts(between: "\n") {
            let words = line.parts(between: " ")
            if words.count == 2, words[0] == key { return UInt64(words[1]) }
        }
        return nil
    }
}
