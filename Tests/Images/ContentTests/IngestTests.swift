import Content
import Glibc
import Linux
import OCI
import TestSupport
import Testing

/// Blobs on their way in.
@Suite struct IngestTests {
    let directory: TemporaryDirectory
    let store: ContentStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try ContentStore(root: directory.path)
    }

    /// Nothing is seen of a blob before it is whole, and it has to be what was announced.
    @Test func wholeOrNotAtAll() throws {
        let digest = Digest(sha256Of: "hello world".utf8)
        let session = try store.beginIngest()
        try session.write(Array("hello ".utf8))
        #expect(session.size == 6 && !store.contains(digest))
        try session.write(Array("world".utf8))
        #expect(try session.commit(expected: digest, size: 11) == digest)
        #expect(store.contains(digest))
        #expect(throws: ContentError.ended(ingest: session.id)) { try session.write([0]) }
        #expect(throws: ContentError.ended(ingest: session.id)) { try session.commit() }
        session.abandon()
        #expect(store.contains(digest))
    }

    /// A wrong digest or a wrong size leaves nothing behind, and says both.
    @Test func mismatches() throws {
        let found = Digest(sha256Of: "hello".utf8)
        let expected = Digest(sha256Of: "jello".utf8)
        let wrong = try store.beginIngest(id: "wrong")
        try wrong.write(Array("hello".utf8))
        #expect(throws: ContentError.digestMismatch(expected: expected, found: found)) {
            try wrong.commit(expected: expected)
        }
        let short = try store.beginIngest(id: "short")
        try short.write(Array("hello".utf8))
        #expect(throws: ContentError.sizeMismatch(expected: 6, found: 5, of: "blob \(found)")) {
            try short.commit(expected: found, size: 6)
        }
        #expect(try store.ingests().isEmpty && store.digests().isEmpty)
    }

    /// The digest asked for may be of another algorithm than the one that ran along.
    @Test func otherAlgorithm() throws {
        let session = try store.beginIngest(algorithm: .sha256)
        try session.write(Array("hello".utf8))
        let expected = Digest(.sha512, of: "hello".utf8)
        #expect(try session.commit(expected: expected) == expected)
        #expect(try store.verify(expected) == 5)
    }

    /// A named session that was let go is gone on with where it stopped; a passing one leaves nothing.
    @Test func resuming() throws {
        do {
            let session = try store.beginIngest(id: "upload")
            try session.write(Array("hello ".utf8))
            #expect(throws: ContentError.busy(ingest: "upload", store: store.root)) {
                try store.resumeIngest(id: "upload")
            }
            #expect(throws: ContentError.busy(ingest: "upload", store: store.root)) {
                try store.beginIngest(id: "upload")
            }
            // Not while it lives.
            #expect(try store.cleanIngests(olderThan: 0).isEmpty)
            let passing = try store.beginIngest()
            try passing.write([1, 2, 3])
        }
        #expect(try store.ingests() == ["upload"])
        let session = try store.resumeIngest(id: "upload")
        #expect(session.size == 6)
        try session.write(Array("world".utf8))
        #expect(try session.commit() == Digest(sha256Of: "hello world".utf8))
        #expect(throws: ContentError.unknownIngest("upload", store: store.root)) {
            try store.resumeIngest(id: "upload")
        }
    }

    /// Begun anew under a name, what was left of the old one is gone; left ones are removed once they are old.
    @Test func leftovers() throws {
        do { try store.beginIngest(id: "a").write([1, 2, 3]) }
        #expect(try store.beginIngest(id: "a").size == 0)
        #expect(try store.continueIngest(id: "a").size == 0)
        #expect(try store.continueIngest(id: "b").size == 0)
        #expect(try store.cleanIngests(olderThan: 3600).isEmpty)
        #expect(try store.cleanIngests(olderThan: 0) == ["a", "b"])
        #expect(try store.ingests().isEmpty)
    }

    /// A name cannot lead anywhere but into the directory of ingests.
    @Test(arguments: ["", ".", "..", "../blobs", "a/b", ".hidden", "a b", "ü", String(repeating: "a", count: 129)])
    func malformedNames(_ name: String) throws {
        #expect(throws: ContentError.malformedIngest(name)) { try store.beginIngest(id: name) }
        #expect(throws: ContentError.malformedIngest(name)) { try store.resumeIngest(id: name) }
    }

    /// A link in the place of an ingest or of a blob is not followed.
    @Test func linksAreNotFollowed() throws {
        let victim = directory.path + "/victim"
        try SystemFile.replace(victim, with: Array("precious".utf8))
        try #require(symlink(victim, store.root + "/ingest/link") == 0)
        #expect(throws: ContentError.self) { try store.beginIngest(id: "link") }
        let digest = Digest(sha256Of: "precious".utf8)
        try #require(symlink(victim, store.path(of: digest)) == 0)
        #expect(!store.contains(digest))
        #expect(throws: ContentError.self) { try store.bytes(of: digest, limit: 100) }
        #expect(try SystemFile.read(victim) == "precious")
    }

    /// Many write the same and different blobs at once: each is there once and whole, and nothing is left.
    @Test func concurrentWriters() async throws {
        let contents = (0..<8).map { number in [UInt8](repeating: UInt8(number), count: 200_000) }
        try await withThrowingTaskGroup(of: Digest.self) { group in
            for number in 0..<32 {
                group.addTask {
                    let session = try store.beginIngest()
                    let content = contents[number % 8]
                    for start in stride(from: 0, to: content.count, by: 7000) {
                        try session.write(Array(content[start..<min(start + 7000, content.count)]))
                    }
                    return try session.commit(expected: Digest(sha256Of: content))
                }
            }
            for try await digest in group { #expect(try store.verify(digest) == 200_000) }
        }
        #expect(try store.digests().count == 8)
        #expect(try store.ingests().isEmpty)
    }

    /// Whoever takes a blob's lock and looks again brings it once.
    @Test func oneDownloadAtATime() async throws {
        let content = [UInt8](repeating: 7, count: 1000)
        let digest = Digest(sha256Of: content)
        let downloads = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    let lock = try store.lock(on: digest)
                    defer { withExtendedLifetime(lock) {} }
                    if store.contains(digest) { return 0 }
                    try store.put(content)
                    return 1
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(downloads == 1)
        #expect(try SystemFile.names(in: store.root + "/locks").isEmpty)
    }

    @Test func lockWithoutWaiting() throws {
        let digest = Digest(sha256Of: [])
        do {
            let lock = try store.lock(on: digest)
            #expect(try store.tryLock(on: digest) == nil)
            withExtendedLifetime(lock) {}
        }
        #expect(try store.tryLock(on: digest) != nil)
    }
}
