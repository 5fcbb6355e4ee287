import Content
import Glibc
import Linux
import OCI
import TestSupport
import Testing

@Suite struct ContentStoreTests {
    let directory: TemporaryDirectory
    let store: ContentStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try ContentStore(root: directory.path)
    }

    /// What is put in comes out, under its digest, in the place an OCI layout has for it.
    @Test(arguments: Digest.Algorithm.allCases) func roundTrip(_ algorithm: Digest.Algorithm) throws {
        let content = Array("hello".utf8)
        let digest = try store.put(content, algorithm: algorithm)
        #expect(digest == Digest(algorithm, of: content))
        #expect(store.path(of: digest) == "\(directory.path)/blobs/\(algorithm.rawValue)/\(digest.hexadecimal)")
        #expect(store.size(of: digest) == 5)
        #expect(try store.bytes(of: digest, limit: 5) == content)
        #expect(try store.verify(digest) == 5)
        #expect(try store.digests() == [digest])
        try store.delete(digest)
        try store.delete(digest)
        #expect(!store.contains(digest))
        #expect(throws: ContentError.missing(digest, store: store.root)) { try store.bytes(of: digest, limit: 5) }
        #expect(try store.ingests().isEmpty)
    }

    /// Too long, of another length than was said, or changed on disk: each is an error of its own.
    @Test func whatDoesNotFitIsRefused() throws {
        let content = Array("hello".utf8)
        let digest = try store.put(content)
        #expect(throws: ContentError.tooLarge("blob \(digest)", size: 5, limit: 4)) {
            try store.bytes(of: digest, limit: 4)
        }
        let descriptor = Descriptor(mediaType: .layer, digest: digest, size: 6)
        #expect(throws: ContentError.sizeMismatch(expected: 6, found: 5, of: "blob \(digest)")) {
            try store.bytes(of: descriptor, limit: 100)
        }
        try SystemFile.write("jello", to: store.path(of: digest))
        let found = Digest(sha256Of: "jello".utf8)
        #expect(throws: ContentError.digestMismatch(expected: digest, found: found)) {
            try store.bytes(of: digest, limit: 100)
        }
        #expect(throws: ContentError.digestMismatch(expected: digest, found: found)) { try store.verify(digest) }
        // Storing it again repairs it.
        try store.put(content)
        #expect(try store.verify(digest) == 5)
    }
}
