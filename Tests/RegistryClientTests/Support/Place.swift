import Content
import Glibc
import Linux

/// A directory of one test's own, removed with it.
final class Place {
    let path: String

    init() throws {
        path = "/tmp/isolab-registry-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try SystemFile.makeDirectories(path)
    }

    private init(_ path: String) throws {
        self.path = path
        try SystemFile.makeDirectories(path)
    }

    /// A directory in it.
    func below(_ name: String) throws -> Place { try Place("\(path)/\(name)") }

    func store(_ name: String = "store") throws -> ContentStore { try ContentStore(root: "\(path)/\(name)") }

    @discardableResult
    func write(_ text: String, to name: String, mode: mode_t = 0o644) throws -> String {
        let file = try OwnedDescriptor(opening: "\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
        try SystemFile.write(Array(text.utf8), to: file.number, name)
        return "\(path)/\(name)"
    }

    func read(_ name: String) -> String { (try? SystemFile.read("\(path)/\(name)")) ?? "" }

    /// Runs a program that must succeed.
    func run(_ words: [String]) throws {
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDWR)
        let exit = try ProcessPlan(words[0], Array(words.dropFirst())).spawn(
            StandardStreams(input: null.number, output: null.number, error: null.number)
        ).wait()
        guard exit.succeeded else { throw SystemError("run", words.joined(separator: " "), errno: 0) }
    }

    deinit { _ = try? ProcessPlan("rm", ["-rf", path]).spawn().wait() }
}
