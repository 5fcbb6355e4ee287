import Glibc
import Linux
import TestSupport

/// The built `isolab`, run as a user runs it.
struct IsolabProgram {
    /// What one call came to.
    struct Result {
        let status: Int32
        let output: String
        let complaints: String
    }

    /// Where the programs under test are: beside the test product.
    static let directory: String = {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let path = String(decoding: buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }()

    static let path = "\(directory)/isolab"
    static let isRoot = geteuid() == 0

    /// Runs `isolab` to its end.
    static func run(_ arguments: [String], in place: Place) throws -> Result {
        try run(program: path, arguments, in: place)
    }

    /// Runs a shell line in which `$isolab` is the program, `$place` the test's directory and `$terminal LINE` runs another line on a
    /// terminal of its own.
    static func shell(_ line: String, in place: Place, prefix: [String] = []) throws -> Result {
        let words = prefix + ["/bin/sh", "-c", line]
        return try run(program: words[0], Array(words.dropFirst()), in: place)
    }

    /// Starts `isolab` and leaves it running.
    static func start(_ arguments: [String], in place: Place) throws -> RunningProcess {
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDWR)
        return try plan(path, arguments, in: place).spawn(
            StandardStreams(input: null.number, output: null.number, error: null.number))
    }

    /// Starts a shell line and leaves it running.
    static func start(shell line: String, in place: Place) throws -> RunningProcess {
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDWR)
        return try plan("/bin/sh", ["-c", line], in: place).spawn(
            StandardStreams(input: null.number, output: null.number, error: null.number))
    }

    private static func plan(_ program: String, _ arguments: [String], in place: Place) -> ProcessPlan {
        ProcessPlan(
            program, arguments,
            environment: ProcessPlan.ownEnvironment() + [
                "isolab=\(path)", "place=\(place.path)", "terminal=\(Repository.path("Tests/Support/in-terminal"))",
            ],
            workingDirectory: place.path)
    }

    private static func run(program: String, _ arguments: [String], in place: Place) throws -> Result {
        let serial = UInt32.random(in: 0...UInt32.max)
        let outputPath = "\(place.path)/out-\(serial)"
        let errorPath = "\(place.path)/err-\(serial)"
        let input = try OwnedDescriptor(opening: "/dev/null", O_RDONLY)
        let output = try OwnedDescriptor(opening: outputPath, O_WRONLY | O_CREAT | O_TRUNC)
        let error = try OwnedDescriptor(opening: errorPath, O_WRONLY | O_CREAT | O_TRUNC)
        let process = try plan(program, arguments, in: place).spawn(
            StandardStreams(input: input.number, output: output.number, error: error.number))
        let exit = try process.wait(for: ([program] + arguments).joined(separator: " "))
        return Result(
            status: exit.shellStatus, output: Place.text(outputPath), complaints: Place.text(errorPath))
    }
}

/// A directory of one test's own, removed with it.
final class Place: Sendable {
    private let directory: TemporaryDirectory
    var path: String { directory.path }

    init() throws { directory = try TemporaryDirectory(mode: 0o755) }

    /// Options that keep a run inside this directory.
    var options: [String] {
        ["--output", "\(path)/run", "--state-directory", "\(path)/state", "--no-idle-gate"]
    }

    func write(_ text: String, to name: String) throws -> String { try write(bytes: Array(text.utf8), to: name) }

    func write(bytes: [UInt8], to name: String) throws -> String {
        let file = try OwnedDescriptor(opening: "\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC)
        let count = bytes.withUnsafeBytes { Glibc.write(file.number, $0.baseAddress, $0.count) }
        if count != bytes.count { throw SystemError("write", name) }
        return "\(path)/\(name)"
    }

    func read(_ name: String) -> String { Self.text("\(path)/\(name)") }

    static func text(_ path: String) -> String {
        guard let file = try? OwnedDescriptor(opening: path, O_RDONLY) else { return "" }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = Glibc.read(file.number, &buffer, buffer.count)
            if count <= 0 { return String(decoding: text, as: UTF8.self) }
            text.append(contentsOf: buffer[..<count])
        }
    }

    func remove() { directory.remove() }
}
