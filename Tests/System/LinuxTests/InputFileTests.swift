import Glibc
import Linux
import Testing

/// Files that are read whole: what has no end, or is not there yet, is refused at once.
struct InputFileTests {
    private func place(_ body: (String) throws -> Void) throws {
        let path = "/tmp/isolab-input-\(UInt64.random(in: 0 ... .max))"
        defer { unlink(path) }
        try body(path)
    }

    private func refusal(_ body: () throws -> Void) -> Int32? {
        do { try body() } catch { return (error as? SystemError)?.errno }
        return nil
    }

    @Test func regularFiles() throws {
        try place { path in
            try SystemFile.replace(path, with: [1, 2, 3])
            #expect(try SystemFile.document(path) == [1, 2, 3] && SystemFile.bytes(of: path) == [1, 2, 3])
            #expect(try SystemFile.document(path, limit: 3).count == 3)
            #expect(refusal { _ = try SystemFile.document(path, limit: 2) } == EFBIG)
            #expect(refusal { _ = try SystemFile.bytes(of: path, limit: 2) } == EFBIG)
        }
    }

    /// A file of a terabyte that takes no room, and one that never ends.
    @Test func tooLarge() throws {
        try place { path in
            do {
                let file = try OwnedDescriptor(opening: path, O_WRONLY | O_CREAT)
                #expect(ftruncate(file.number, 1 << 40) == 0)
            }
            #expect(refusal { _ = try SystemFile.bytes(of: path) } == EFBIG)
            #expect(refusal { _ = try SystemFile.document(path) } == EFBIG)
        }
        #expect(refusal { _ = try SystemFile.bytes(of: "/dev/zero", limit: 1 << 20) } == EFBIG)
    }

    /// A pipe nobody writes to is not waited for, and a device not read, where a user names a document.
    @Test func notRegular() throws {
        try place { path in
            #expect(mkfifo(path, 0o600) == 0)
            #expect(refusal { _ = try SystemFile.document(path) } == EINVAL)
        }
        #expect(refusal { _ = try SystemFile.document("/dev/zero") } == EINVAL)
        #expect(refusal { _ = try SystemFile.document("/tmp") } == EISDIR)
        #expect(refusal { _ = try SystemFile.document("/tmp/isolab-none") } == ENOENT)
        #expect(try !SystemFile.document("/proc/self/status").isEmpty)
    }
}
