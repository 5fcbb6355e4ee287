internal import Glibc
internal import Linux

/// Other programs, run to their end: the package manager, decompressors.
enum Tool {
    struct Result {
        /// The exit status, or 128 + signal.
        let status: Int32
        let output: [UInt8]
        let errors: [UInt8]

        /// What it said went wrong, on one line.
        var errorText: String {
            let text = String(decoding: errors, as: UTF8.self).split(separator: "\n").joined(separator: " / ")
            return text.isEmpty ? "exit status \(status)" : text
        }
    }

    /// Runs a program found in PATH. Its output goes through files, so that no pipe can fill while another is read.
    ///
    /// - Parameter environment: `NAME=value`; this process's own where `nil`.
    static func run(
        _ program: String, _ arguments: [String], input: [UInt8] = [], directory: String? = nil,
        environment: [String]? = nil
    ) throws(SystemError) -> Result {
        let inputFile = try temporary()
        let outputFile = try temporary()
        let errorFile = try temporary()
        try SystemFile.write(input, to: inputFile.number, "temporary file")
        lseek(inputFile.number, 0, SEEK_SET)
        let process = try ProcessPlan(
            program, arguments, environment: environment, workingDirectory: directory
        ).spawn(
            StandardStreams(input: inputFile.number, output: outputFile.number, error: errorFile.number))
        let status = try process.wait().shellStatus
        return Result(
            status: status, output: try content(of: outputFile.number), errors: try content(of: errorFile.number))
    }

    private static func temporary() throws(SystemError) -> OwnedDescriptor {
        var template = Array("/tmp/isolab-XXXXXX".utf8CString)
        let number = try retryingOnInterrupt("mkstemp", "/tmp/isolab-XXXXXX") { mkstemp(&template) }
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
