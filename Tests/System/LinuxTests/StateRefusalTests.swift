import Glibc
import Linux
import TestSupport
import Testing

/// What a user can do about a state directory that cannot be trusted stands in the error.
@Suite(.enabled(if: geteuid() == 0, "gives a directory to another user, which needs root")) struct StateRefusalTests {
    @Test func remedies() throws {
        let place = try TemporaryDirectory(mode: 0o755)
        let path = "\(place.path)/state"
        try SystemFile.makeDirectories(path, mode: 0o700)
        chmod(path, 0o722)
        let open = #expect(throws: SystemError.self) { try StandardDirectories.claim(path) }
        #expect(open?.advice == "others may write to it: chmod go-w \(path)")
        chmod(path, 0o700)
        chown(path, 12, 12)
        let foreign = #expect(throws: SystemError.self) { try StandardDirectories.claim(path) }
        // Of root's own there is one place, of others' XDG_RUNTIME_DIR says it.
        let way = StandardDirectories.isHostRoot ? "mv \(path) " : "XDG_RUNTIME_DIR="
        #expect(foreign?.advice?.contains("another user") == true && foreign?.advice?.contains(way) == true)
    }
}
