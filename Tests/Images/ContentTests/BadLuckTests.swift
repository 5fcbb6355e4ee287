import Content
import Glibc
import Linux
import OCI
import TestSupport
import Testing

/// Disks that fill up and processes that are killed.
@Suite struct BadLuckTests {
    /// A disk that is full in the middle of a blob: an error that says so, and a store in which everything else is as it was.
    @Test(.enabled(if: geteuid() == 0, "mounting a small file system needs root"))
    func fullDisk() throws {
        let directory = try TemporaryDirectory()
        let mounts = try PrivateMountThread(hiding: [])
        try mounts.run { () throws in
            try #require(mount("tmpfs", directory.path, "tmpfs", 0, "size=2m") == 0)
            defer { umount2(directory.path, Int32(MNT_DETACH)) }
            let store = try ContentStore(root: directory.path)
            let small = try store.put([UInt8](repeating: 1, count: 100_000))
            let session = try store.beginIngest(id: "great")
            let piece = [UInt8](repeating: 2, count: 100_000)
            var written = 0
            let error = #expect(throws: ContentError.self) {
                while written < 100 {
                    try session.write(piece)
                    written += 1
                }
            }
            guard case .full(let cause) = error else {
                Issue.record("\(error.map(\.description) ?? "no error")")
                return
            }
            #expect(cause.errno == ENOSPC && cause.description.contains("prune"))
            #expect(session.size >= Int64(written) * 100_000)
            #expect(try store.digests() == [small])
            #expect(try store.verify(small) == 100_000)
            #expect(throws: ContentError.self) { try store.put(piece) }
            // Room again: the same session goes on where it stopped.
            session.abandon()
            #expect(try store.ingests().isEmpty)
            #expect(try store.verify(store.put(piece)) == 100_000)
            // Nothing open may keep the mount busy.
            withExtendedLifetime(session) {}
        }
    }

    /// A process killed while it writes leaves whole blobs, and ingests that the next one finds and removes.
    @Test(.serialized, arguments: 0..<8) func killed(_ round: Int) async throws {
        let directory = try TemporaryDirectory()
        // An exit test's process has nothing of this one but its environment.
        setenv("ISOLAB_TEST_STORE", directory.path, 1)
        await #expect(processExitsWith: .signal(SIGKILL)) {
            guard let root = getenv("ISOLAB_TEST_STORE").map({ String(cString: $0) }) else { exit(1) }
            let store = try ContentStore(root: root)
            var thread = pthread_t()
            pthread_create(
                &thread, nil,
                { _ in
                    usleep(UInt32.random(in: 0..<60_000))
                    kill(getpid(), SIGKILL)
                    return nil
                }, nil)
            for number in 0... {
                let session = try store.beginIngest(id: number % 2 == 0 ? "n\(number)" : nil)
                for _ in 0..<50 {
                    try session.write([UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 5000))
                }
                try session.commit()
            }
        }
        let store = try ContentStore(root: directory.path)
        for digest in try store.digests() { #expect(try store.verify(digest) == 250_000) }
        #expect(try store.ingests().count <= 1)
        try store.cleanIngests(olderThan: 0)
        #expect(try store.ingests().isEmpty)
        // Its lease and its locks went with it.
        let lock = try store.lock(.exclusive)
        withExtendedLifetime(lock) {}
    }
}
