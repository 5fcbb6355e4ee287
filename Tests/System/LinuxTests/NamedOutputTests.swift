import Glibc
import Linux
import Testing

/// What the user named as an output is what he named: not something else in its place.
@Suite struct NamedOutputTests {
    private final class Place {
        let path: String

        init() throws {
            var template = Array("/tmp/named-output-XXXXXX".utf8CString)
            guard let made = mkdtemp(&template) else { throw SystemError("mkdtemp", "a directory") }
            path = String(cString: made)
        }

        deinit {
            for name in (try? SystemFile.names(in: path)) ?? [] { unlink("\(path)/\(name)") }
            rmdir(path)
        }

        func kind(_ name: String) -> mode_t {
            var status = stat()
            return lstat("\(path)/\(name)", &status) == 0 ? status.st_mode & S_IFMT : 0
        }
    }

    private let place: Place

    init() throws { place = try Place() }

    private func write(_ text: String, _ name: String) throws {
        try NamedOutput.write(Array(text.utf8), to: "\(place.path)/\(name)")
    }

    /// A file is made, or replaced with its permissions kept, and nothing is left beside it.
    @Test func files() throws {
        try write("one", "file")
        chmod("\(place.path)/file", 0o640)
        try write("two", "file")
        #expect(try SystemFile.read("\(place.path)/file") == "two")
        var status = stat()
        #expect(stat("\(place.path)/file", &status) == 0 && status.st_mode & 0o7777 == 0o640)
        #expect(try SystemFile.names(in: place.path) == ["file"])
    }

    /// Without its last word an output leaves what was there as it was.
    @Test func wholeOrNotAtAll() throws {
        try write("one", "file")
        do {
            let output = try NamedOutput("\(place.path)/file")
            try SystemFile.write(Array("half".utf8), to: output.descriptor, "file")
        }
        #expect(try SystemFile.read("\(place.path)/file") == "one")
        #expect(try SystemFile.names(in: place.path) == ["file"])
    }

    /// Of a command that is killed on the way nothing stays.
    @Test func killedWriter() async throws {
        let path = "\(place.path)/file"
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let output = try NamedOutput(path)
            try SystemFile.write(Array("half".utf8), to: output.descriptor, "file")
            kill(getpid(), SIGKILL)
        }
        #expect(try SystemFile.names(in: place.path) == [])
    }

    /// A device stays one. Negative control: a rename, which is what takes its place.
    @Test(.enabled(if: geteuid() == 0, "only root makes devices")) func devices() throws {
        let null = dev_t(1 << 8 | 3)
        #expect(mknod("\(place.path)/null", S_IFCHR | 0o666, null) == 0)
        try write("one", "null")
        #expect(place.kind("null") == S_IFCHR)
        try write("two", "other")
        #expect(rename("\(place.path)/other", "\(place.path)/null") == 0)
        #expect(place.kind("null") == S_IFREG)
        #expect(mknod("\(place.path)/disk", S_IFBLK | 0o600, dev_t(250 << 8)) == 0)
        #expect(throws: SystemError.self) { try write("one", "disk") }
        #expect(place.kind("disk") == S_IFBLK)
    }

    /// A FIFO gets the bytes.
    @Test func pipes() throws {
        #expect(mkfifo("\(place.path)/fifo", 0o600) == 0)
        let reader = try OwnedDescriptor(opening: "\(place.path)/fifo", O_RDONLY | O_NONBLOCK)
        try write("through", "fifo")
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = read(reader.number, &buffer, buffer.count)
        #expect(String(decoding: buffer.prefix(max(0, count)), as: UTF8.self) == "through")
        #expect(place.kind("fifo") == S_IFIFO)
    }

    /// A link stays one, and what it leads to is written; one that leads nowhere is refused, for nobody knows where it was meant to.
    @Test func links() throws {
        try write("one", "file")
        symlink("file", "\(place.path)/link")
        try write("two", "link")
        #expect(place.kind("link") == S_IFLNK)
        #expect(try SystemFile.read("\(place.path)/file") == "two")
        symlink("nowhere", "\(place.path)/dangling")
        #expect(throws: SystemError.self) { try write("x", "dangling") }
        #expect(place.kind("nowhere") == 0)
        #expect(throws: SystemError.self) { try NamedOutput.write([], to: place.path) }
    }

    /// What is open already is written where it stands, not replaced under whoever has it open.
    @Test func openDescriptors() throws {
        let file = try OwnedDescriptor(opening: "\(place.path)/open", O_RDWR | O_CREAT)
        try SystemFile.write(Array("before ".utf8), to: file.number, "open")
        try NamedOutput.write(Array("through".utf8), to: "/dev/fd/\(file.number)")
        try SystemFile.write(Array(" after".utf8), to: file.number, "open")
        #expect(try SystemFile.read("\(place.path)/open") == "before through after")
    }
}
