import Glibc
import Linux
import Testing

/// The one way in which files take others' places, against whoever may write to the same directory.
struct NewFileTests {
    /// A directory of a test's own.
    private final class Place: Sendable {
        let path: String
        init() throws {
            path = "/tmp/isolab-new-file-\(UInt64.random(in: 0 ... .max))"
            guard mkdir(path, 0o700) == 0 else { throw SystemError("mkdir", path) }
        }
        func names() -> [String] { (try? SystemFile.names(in: path)) ?? [] }
        deinit {
            for name in names() { _ = unlink("\(path)/\(name)") + rmdir("\(path)/\(name)") }
            rmdir(path)
        }
    }

    private func put(_ text: String, _ path: String) throws {
        let file = try OwnedDescriptor(opening: path, O_WRONLY | O_CREAT | O_TRUNC)
        try SystemFile.write(Array(text.utf8), to: file.number, path)
    }

    @Test(arguments: [Durability.none, .content, .entry])
    func replaces(_ durability: Durability) throws {
        let place = try Place()
        let path = "\(place.path)/file"
        for text in ["one", "another", ""] {
            try SystemFile.replace(path, with: Array(text.utf8), mode: 0o640, durability: durability)
            #expect(try SystemFile.read(path) == text)
        }
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 & ~0o640 == 0)
        #expect(place.names() == ["file"])
    }

    /// Links planted under the names that writers of the kind use or used: none is followed, none is in the way.
    @Test func plantedNames() throws {
        let place = try Place()
        let path = "\(place.path)/file"
        let victim = "\(place.path)/victim"
        try put("precious", victim)
        for name in [".new", ".tmp", ".\(getpid())", ".\(getpid()).tmp", ".\(getpid()).new", ".part"] {
            #expect(symlink(victim, path + name) == 0)
        }
        // A naive writer falls for one of them.
        try put("naive", path + ".new")
        #expect(try SystemFile.read(victim) == "naive")
        try put("precious", victim)
        try SystemFile.replace(path, with: Array("whole".utf8))
        #expect(try SystemFile.read(path) == "whole" && SystemFile.read(victim) == "precious")
        #expect(place.names().count == 8)
    }

    /// What is no regular file is not replaced: links, directories, pipes, devices; nothing is left beside them.
    @Test func whatIsNoFile() throws {
        let place = try Place()
        let victim = "\(place.path)/victim"
        try put("precious", victim)
        let paths = ["link", "dangling", "directory", "pipe"].map { "\(place.path)/\($0)" }
        #expect(symlink(victim, paths[0]) == 0 && symlink("nowhere", paths[1]) == 0)
        #expect(mkdir(paths[2], 0o700) == 0 && mkfifo(paths[3], 0o600) == 0)
        for path in paths + ["/dev/null"] {
            #expect(throws: SystemError.self, "\(path)") { try SystemFile.replace(path, with: [1]) }
        }
        #expect(try SystemFile.read(victim) == "precious")
        #expect(place.names() == ["dangling", "directory", "link", "pipe", "victim"])
        var status = stat()
        #expect(lstat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
    }

    /// Where it fails on the way, the file is as it was, and nothing stays.
    @Test func failures() throws {
        let place = try Place()
        let path = "\(place.path)/file"
        try put("before", path)
        do {
            let file = try NewFile(for: path)
            try file.write([1, 2, 3])
            #expect(place.names().count == 2)
        }
        #expect(place.names() == ["file"])
        #expect(throws: SystemError.self) { try SystemFile.replace("\(place.path)/absent/file", with: [1]) }
        #expect(try SystemFile.read(path) == "before" && place.names() == ["file"])
    }

    /// A writer that is killed at any point before the end leaves nothing, whatever it had written; and one that has no name yet gets
    /// one like any other. Negative control: a writer of the kind that keeps a name leaves it.
    @Test(arguments: [true, false]) func killedWriter(outlivesNobody: Bool) async throws {
        let place = try Place()
        let path = "\(place.path)/file"
        try put("before", path)
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = path as String, outlivesNobody] in
            let file = try NewFile(for: path, outlivesNobody: outlivesNobody)
            try file.write([UInt8](repeating: 1, count: 100_000))
            kill(getpid(), SIGKILL)
        }
        #expect(try SystemFile.read(path) == "before")
        let others = place.names().filter { $0 != "file" }
        #expect(others.count == (outlivesNobody ? 0 : 1))
        for name in others { unlink("\(place.path)/\(name)") }
        var file = try NewFile(for: path, mode: 0o640, outlivesNobody: outlivesNobody)
        try file.write(Array("whole".utf8))
        #expect(throws: SystemError.self) { try file.place("\(place.path)/absent/file") }
        try file.place(path)
        var status = stat()
        #expect(try SystemFile.read(path) == "whole" && place.names() == ["file"])
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 & ~0o640 == 0 && status.st_nlink == 1)
    }

    /// Only its own bytes are in the file, whoever writes at the same time.
    @Test func severalWriters() async throws {
        let place = try Place()
        let path = "\(place.path)/file"
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    for _ in 0..<50 {
                        try? SystemFile.replace(path, with: [UInt8](repeating: UInt8(writer), count: 10_000))
                    }
                }
            }
        }
        let bytes = try SystemFile.bytes(of: path)
        #expect(bytes.count == 10_000 && Set(bytes).count == 1)
        #expect(place.names() == ["file"])
    }
}
