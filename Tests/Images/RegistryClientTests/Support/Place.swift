import Content
import Glibc
import Linux
import TestSupport

/// A directory of one test's own, removed with it.
final class Place {
    private let directory: TemporaryDirectory
    let path: String

    init() throws {
        directory = try TemporaryDirectory(mode: 0o755)
        path = directory.path
    }

    /// A directory in another's, which stays as long as either is used.
    private init(_ name: String, in place: Place) throws {
        directory = place.directory
        path = "\(place.path)/\(name)"
        try SystemFile.makeDirectories(path)
    }

    /// A directory in it.
    func below(_ name: String) throws -> Place { try Place(name, in: self) }

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
        ).wait(for: words.joined(separator: " "))
        guard exit.succeeded else { throw SystemError("run", words.joined(separator: " "), errno: 0) }
    }
}
