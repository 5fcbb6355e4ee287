import Glibc
import Linux
import TestSupport
import Testing

/// Sockets that carry descriptors.
@Suite struct UnixSocketTests {
    /// A descriptor arrives as another number of the same file, beside the bytes; bytes alone bring none.
    @Test func descriptorsTravel() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/socket"
        let listener = UnixSocket.listen(path)
        try #require(listener >= 0)
        defer { close(listener) }
        let near = try UnixSocket.connect(path)
        let far = OwnedDescriptor(owning: accept(listener, nil, nil))
        try #require(far.number >= 0)
        let file = try OwnedDescriptor(opening: "/dev/null", O_RDONLY)

        #expect(UnixSocket.send(file.number, with: Array("word".utf8), over: near.number))
        var bytes = [UInt8](repeating: 0, count: 64)
        let (descriptor, count) = UnixSocket.receive(over: far.number, into: &bytes)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        #expect(String(decoding: bytes.prefix(count), as: UTF8.self) == "word")
        #expect(try Procfs.readLink("/proc/self/fd/\(descriptor)") == "/dev/null")
        #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)

        try SystemFile.write([1], to: near.number, "a socket")
        let none = UnixSocket.receive(over: far.number, into: &bytes).descriptor
        let reason = errno
        #expect(none == -1 && reason == ENOMSG)
    }

    /// Whom nobody answers is told who should have listened.
    @Test func nobodyListens() {
        let error = #expect(throws: SystemError.self) {
            _ = try UnixSocket.connect("/nowhere/socket", purpose: "the agent")
        }
        #expect(error?.errno == ENOENT && error?.advice == "the agent must listen there")
    }

    @Test func descriptorsOfOthers() throws {
        let file = try OwnedDescriptor(opening: "/dev/null", O_RDONLY)
        let copy = try ForeignDescriptor.copy(file.number, of: getpid(), "our own")
        #expect(copy.number != file.number)
        #expect(try Procfs.readLink("/proc/self/fd/\(copy.number)") == "/dev/null")
        let error = #expect(throws: SystemError.self) { _ = try ForeignDescriptor.copy(12345, of: getpid(), "none") }
        #expect(error?.errno == EBADF && error?.object == "none")
    }
}
