import Glibc
import Linux
import TestSupport

/// A directory of one test's own, removed with it.
final class Place: Sendable {
    private let directory: TemporaryDirectory
    var path: String { directory.path }

    init() throws { directory = try TemporaryDirectory(mode: 0o755) }

    func write(_ text: String, to name: String) throws -> String {
        let file = try OwnedDescriptor(opening: "\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC)
        try SystemFile.write(Array(text.utf8), to: file.number, name)
        return "\(path)/\(name)"
    }

    func read(_ name: String) -> String { (try? SystemFile.read("\(path)/\(name)")) ?? "" }

    /// Runs a shell line in the directory.
    func shell(_ line: String, environment: [String] = []) throws -> (status: Int32, output: String) {
        let output = "\(path)/.out-\(UInt32.random(in: 0...UInt32.max))"
        let file = try OwnedDescriptor(opening: output, O_RDWR | O_CREAT | O_TRUNC)
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDONLY)
        let plan = ProcessPlan(
            "/usr/bin/timeout", ["120", "/bin/sh", "-c", line],
            environment: ProcessPlan.ownEnvironment() + ["place=\(path)"] + environment, workingDirectory: path)
        let exit = try plan.spawn(StandardStreams(input: null.number, output: file.number, error: file.number)).wait()
        return (exit.shellStatus, try SystemFile.read(output))
    }
}

enum Tools {
    static func exist(_ names: String...) -> Bool {
        names.allSatisfy { ProcessPlan.path(of: $0) != nil }
    }

    /// Where the programs under test are: beside the test product.
    static let programs: String = {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let path = String(decoding: buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }()
}
