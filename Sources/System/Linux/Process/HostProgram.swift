import Glibc

/// Another program of this host, run to its end and read: package managers, decompressors, runtimes to compare with.
///
/// Besides success there are three answers, and none is taken for another: it is not there (`ENOENT` is thrown), it took too long
/// (`ETIMEDOUT` is thrown), and it failed (its status).
package enum HostProgram {
    package struct Output: Equatable, Sendable {
        /// The exit status, or 128 + signal.
        package let status: Int32
        package let output: [UInt8]
        package let errors: [UInt8]

        package var text: String { String(decoding: output, as: UTF8.self) }

        /// What it said went wrong, on one line.
        package var errorText: String {
            let text = String(decoding: errors, as: UTF8.self).parts(between: "\n").joined(separator: " / ")
            return text.isEmpty ? "exit status \(status)" : text
        }
    }

    /// Where a program is: in PATH, or where root's programs are, which an ordinary user's PATH may leave out; nil where it is not.
    package static func path(of program: String) -> String? {
        let usual = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        let places = [ProcessPlan.ownEnvironment(), [usual]].flatMap {
            ProcessPlan.candidates(for: program, environment: $0)
        }
        return places.first { path in
            var status = stat()
            return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
        }
    }

    /// Runs a program, which is looked for in PATH unless its path is given. Its streams are files, so that no pipe can fill while
    /// another is read, and nobody waits for whoever inherits them.
    ///
    /// - Parameters:
    ///   - environment: `NAME=value`; this process's own where nil.
    ///   - seconds: how long it may take. It is killed then, with its group, if that is its own. nil: as long as it takes.
    package static func run(
        _ program: String, _ arguments: [String], input: [UInt8] = [], directory: String? = nil,
        environment: [String]? = nil, group: ProcessPlan.Group = .callers, seconds: UInt64? = nil
    ) throws(SystemError) -> Output {
        let inputFile = try temporary()
        let outputFile = try temporary()
        let errorFile = try temporary()
        try SystemFile.write(input, to: inputFile.number, "temporary file")
        lseek(inputFile.number, 0, SEEK_SET)
        let plan = ProcessPlan(
            program, arguments, environment: environment, workingDirectory: directory, group: group)
        let process = try plan.spawn(
            StandardStreams(input: inputFile.number, output: outputFile.number, error: errorFile.number))
        if let seconds, !hasEnded(process, within: seconds) {
            // Its group first: a runtime's command has children of its own.
            if group != .callers { kill(-process.pid, SIGKILL) }
            process.end()
            throw SystemError("run", program, errno: ETIMEDOUT, advice: "it was killed after \(seconds) s")
        }
        let status = try process.wait().shellStatus
        return Output(
            status: status, output: try content(of: outputFile.number), errors: try content(of: errorFile.number))
    }

    private static func hasEnded(_ process: RunningProcess, within seconds: UInt64) -> Bool {
        let limit = HostClock.now() + seconds * 1_000_000_000
        while true {
            let now = HostClock.now()
            guard now < limit else { return false }
            var end = pollfd(fd: process.pidfd, events: Int16(POLLIN), revents: 0)
            if poll(&end, 1, Int32(min((limit - now) / 1_000_000 + 1, 60_000))) == 1 { return true }
        }
    }

    /// A file without a name, that no other program inherits.
    private static func temporary() throws(SystemError) -> OwnedDescriptor {
        var template = Array("/tmp/isolab-XXXXXX".utf8CString)
        let number = try retryingOnInterrupt("mkstemp", "/tmp/isolab-XXXXXX") { mkstemp(&template) }
        _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        unlink(template)
        return OwnedDescriptor(owning: number)
    }

    private static func content(of descriptor: Int32) throws(SystemError) -> [UInt8] {
        let size = Int(lseek(descriptor, 0, SEEK_END))
        var bytes = [UInt8](repeating: 0, count: size)
        var offset = 0
        while offset < size {
            let count = try retryingOnInterrupt("pread", "temporary file") {
                bytes.withUnsafeMutableBytes {
                    pread(descriptor, $0.baseAddress.map { $0 + offset }, size - offset, off_t(offset))
                }
            }
            if count == 0 { break }
            offset += count
        }
        return Array(bytes[0..<offset])
    }
}
