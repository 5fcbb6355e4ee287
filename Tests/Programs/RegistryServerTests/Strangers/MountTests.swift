import Linux
import OCI
import Testing

@testable import RegistryServer

/// Mounts that do not say from which repository: any of them may have to be looked at.
struct MountTests {
    private let bytes: [UInt8] = [1, 2, 3]
    private var known: Digest { Digest(sha256Of: bytes) }

    private func status(_ registry: Registry, _ target: String, body: [UInt8] = []) throws -> Int {
        let request = RegistryRequest(method: "POST", target: target, headers: ["content-length": "\(body.count)"])
        switch registry.begin(request) {
        case .answer(let answer): return answer.status
        case .receive(let receiver):
            try body.withUnsafeBytes { try receiver.receive($0) }
            return try receiver.finish().status
        }
    }

    @Test func unknownContentIsNotSearchedFor() throws {
        let place = try Place()
        let registry = Registry(try RegistryStore(root: "\(place.path)/root"))
        #expect(try status(registry, "/v2/a/blobs/uploads/?digest=\(known)", body: bytes) == 201)
        #expect(try status(registry, "/v2/b/blobs/uploads/?mount=\(known)") == 201)
        #expect(registry.store.repository("b").hasBlob(known))
        // Where nobody holds it any more there is nothing to mount, though its bytes are still here.
        for name in ["a", "b"] {
            let isGone = try registry.store.repository(name).unlinkBlob(known)
            #expect(isGone)
        }
        #expect(try status(registry, "/v2/c/blobs/uploads/?mount=\(known)") == 202)
        #expect(!registry.store.repository("c").hasBlob(known))
        // A search fails from here on: a repository is no directory.
        _ = try place.write("", to: "root/repositories/z")
        #expect(try status(registry, "/v2/c/blobs/uploads/?mount=\(known)") == 500)
        #expect(try status(registry, "/v2/c/blobs/uploads/?mount=\(Digest(sha256Of: [4]))") == 202)
        // Neither is there one for what is here already.
        try registry.store.repository("c").linkBlob(known)
        #expect(try status(registry, "/v2/c/blobs/uploads/?mount=\(known)") == 201)
    }

    @Test func searchEndsWithTheFirst() throws {
        let place = try Place()
        let store = try RegistryStore(root: "\(place.path)/root")
        for number in 0..<20 { try store.repository("a\(number)/b").linkBlob(known) }
        var asked = 0
        let found = try store.firstRepository { repository in
            asked += 1
            return repository.hasBlob(known)
        }
        #expect(found?.hasBlob(known) == true)
        #expect(asked == 1)
        let none = try store.firstRepository { _ in false }
        #expect(none == nil)
    }

    /// They take turns with the lists, which cost as much.
    @Test func countAsLists() {
        func isForList(_ method: String, _ target: String) -> Bool {
            RegistryRequest(method: method, target: target, headers: [:]).isForList
        }
        #expect(isForList("POST", "/v2/a/blobs/uploads/?mount=\(known)"))
        #expect(isForList("POST", "/v2/a/blobs/uploads?mount=%73ha256:\(known.hexadecimal)&digest=\(known)"))
        #expect(!isForList("POST", "/v2/a/blobs/uploads/?mount=\(known)&from=b"))
        #expect(!isForList("POST", "/v2/a/blobs/uploads/?digest=\(known)"))
        #expect(!isForList("GET", "/v2/a/blobs/uploads/?mount=\(known)"))
        #expect(isForList("GET", "/v2/_catalog"))
    }
}
