import Glibc
import Linux
import Testing

@Suite struct PipeTests {
    /// Neither end is there for a program that another thread executes, and what goes in comes out.
    @Test func closeOnExec() throws {
        let pipe = try Pipe("a test")
        for end in [pipe.readEnd, pipe.writeEnd] { #expect(fcntl(end, F_GETFD) & FD_CLOEXEC != 0) }
        try SystemFile.write(Array("word".utf8), to: pipe.writeEnd, "a pipe")
        #expect(try pipe.readAll() == "word")
    }
}
