import Glibc
import Linux
import Testing

@Suite struct StandardDirectoriesTests {
    private func place() throws -> String {
        let path = "/tmp/isolab-directories-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try SystemFile.makeDirectories(path)
        return path
    }

    /// A state directory is made for its owner alone to read and write, and accepted again.
    @Test func claimedTwice() throws {
        let path = try place()
        defer {
            rmdir(path + "/state")
            rmdir(path)
        }
        try StandardDirectories.claim(path + "/state")
        try StandardDirectories.claim(path + "/state")
        var status = stat()
        #expect(lstat(path + "/state", &status) == 0)
        #expect(status.st_mode & 0o066 == 0)
    }

    /// A link in its place, even to a directory of one's own, is refused: somebody may have put it there.
    @Test func refusesALink() throws {
        let path = try place()
        defer {
            unlink(path + "/link")
            rmdir(path + "/own")
            rmdir(path)
        }
        try SystemFile.makeDirectories(path + "/own", mode: 0o700)
        #expect(symlink(path + "/own", path + "/link") == 0)
        #expect { try StandardDirectories.claim(path + "/link") } throws: { error in
            (error as? SystemError)?.errno == ENOTDIR
        }
    }

    /// A directory that others may write to is refused: its records could be anybody's.
    @Test func refusesWhatOthersMayWrite() throws {
        let path = try place()
        defer {
            rmdir(path + "/shared")
            rmdir(path)
        }
        try SystemFile.makeDirectories(path + "/shared")
        #expect(chmod(path + "/shared", 0o777) == 0)
        #expect { try StandardDirectories.claim(path + "/shared") } throws: { error in
            (error as? SystemError)?.errno == EPERM
        }
    }
}
