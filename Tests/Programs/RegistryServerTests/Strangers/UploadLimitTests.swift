import Content
import Glibc
import Linux
import OCI
import Testing

@testable import RegistryServer

/// Uploads that are begun and not gone on with take nobody else's place.
struct UploadLimitTests {
    private let target = "/v2/a/blobs/uploads/"

    /// One address begins as many as it can, and writes to as many as it can: what it and others push is taken all the same, and of its
    /// own and of whoever has most the emptiest and oldest go.
    @Test func oneClientCannotUseUpAll() throws {
        let place = try Place()
        let counter = try Counter(place) {
            $0.greatestUploadCount = 40
            $0.greatestUploadCountOfOne = 10
        }
        func names() throws -> Int { try SystemFile.names(in: "\(place.path)/root/ingest").count }
        func begin(_ bytes: [UInt8], peer: String, user: String? = nil) throws -> String {
            let upload = try #require(counter.ask("POST", target, peer: peer, user: user)["location"])
            let answer = counter.ask("PATCH", upload, body: bytes, peer: peer, user: user)
            #expect(answer.status == 202, "\(answer.status)")
            return upload
        }
        func push(_ bytes: [UInt8], peer: String, user: String? = nil) throws {
            let upload = try begin(Array(bytes.dropLast()), peer: peer, user: user)
            let end = "\(upload)?digest=\(Digest(sha256Of: bytes))"
            #expect(counter.ask("PUT", end, body: bytes.suffix(1), peer: peer, user: user).status == 201)
        }
        // Empty ones are names, and nothing of them is kept.
        for _ in 0..<5000 { #expect(counter.ask("POST", target, peer: "192.0.2.1").status == 202) }
        #expect(try names() == 0)
        try push([1, 2, 3], peer: "192.0.2.1")
        // Of those with bytes so many are kept: large ones longest, then the latest.
        let large = try begin([UInt8](repeating: 1, count: 70_000), peer: "192.0.2.1")
        let first = try begin([1], peer: "192.0.2.1")
        for number in 0..<100 { _ = try begin([UInt8(number)], peer: "192.0.2.1") }
        #expect(try names() == 10)
        #expect(counter.ask("GET", large, peer: "192.0.2.1").status == 204)
        #expect(counter.ask("GET", first, peer: "192.0.2.1").status == 404)
        try push([4, 5, 6], peer: "192.0.2.1")
        // A user's are counted together, wherever they come from, and apart from everybody else's; of IPv6, a network is one.
        for number in 0..<20 { _ = try begin([1], peer: "192.0.2.\(number)", user: "ana") }
        for number in 0..<20 { _ = try begin([1], peer: "2001:db8::\(number)") }
        #expect(try names() <= 30)
        // Where all are taken, it is at the cost of whoever has most.
        let other = try begin([1], peer: "198.51.100.1")
        for number in 0..<30 { _ = try begin([1], peer: "203.0.113.\(number)") }
        #expect(try names() == 40)
        #expect(counter.ask("GET", other, peer: "198.51.100.1").status == 204)
        try push([7, 8, 9], peer: "198.51.100.2")
    }

    /// Over the wire, everybody at one address: uploads that are begun and left, that hold a byte, and that are being written to and
    /// never ended, all beyond the limit; an honest push beside them succeeds at the first attempt.
    @Test func pushesBesideAbandonedUploads() throws {
        let place = try Place()
        let server = try RegistryProcess(place, ["--max-uploads-of-one", "20", "--max-uploads", "30"])
        let shop = RegistryFixture(server.http)
        let kept = try server.http.connect()
        for _ in 0..<300 {
            try kept.write(HTTP.head("POST", target, []))
            #expect(try kept.answer(to: "POST").status == 202)
        }
        try shop.push(RegistryFixture.random(1000))
        for _ in 0..<60 { try shop.expect(shop.send("PATCH", shop.beginUpload(), body: [1]), 202) }
        try shop.push(RegistryFixture.random(1000))
        var halves: [Connection] = []
        for number in 0..<60 {
            let connection = try server.http.connect()
            let upload = try shop.beginUpload()
            try connection.write(HTTP.head("PATCH", upload, [("Content-Length", "9000000")]))
            // More than a piece: it is on the disk.
            try connection.write([UInt8](repeating: UInt8(number), count: 1_000_000))
            halves.append(connection)
        }
        let bytes = RegistryFixture.random(200_000)
        try shop.push(bytes)
        try shop.expect(shop.put(shop.image(), "v1"), 201)
        try shop.expect(shop.send("GET", "/v2/\(shop.name)/blobs/\(Digest(sha256Of: bytes))"), 200)
        // Whose upload was given up while it wrote is told what to do.
        try? halves[0].write([UInt8](repeating: 0, count: 8_000_000))
        let answer = try halves[0].answer(to: "PATCH")
        #expect(answer.status == 429 && answer["retry-after"] != nil, "\(answer.status)")
        #expect(answer.text.contains("start it again"), "\(answer.text)")
        withExtendedLifetime(halves) {}
    }

    /// An upload that is a name alone lives as long as it may, in its repository alone, and not after its end.
    @Test func namesOfEmptyUploads() throws {
        let place = try Place()
        let store = try RegistryStore(root: "\(place.path)/root")
        let names = UploadName(key: store.key, lifetime: 600)
        for algorithm in Digest.Algorithm.allCases {
            let name = names.make("a/b", algorithm)
            #expect(names.isValid(name, "a/b") && !names.isValid(name, "a") && names.isFresh(name))
            #expect(UploadName.algorithm(of: name) == algorithm)
            var other = Array(name.utf8)
            other[7] ^= 1
            #expect(!names.isValid(String(decoding: other, as: UTF8.self), "a/b"))
        }
        #expect(!UploadName(key: store.key, lifetime: -1).isFresh(names.make("a", .sha256)))
        for id in ["", "x", String(repeating: "é", count: 65), String(repeating: "0", count: 65)] {
            #expect(!names.isValid(id, "a") && !names.isFresh(id), "\(id)")
        }
        // Another server on the same directory knows it, too.
        let one = try Counter(place)
        let upload = try #require(one.ask("POST", target)["location"])
        let other = try Counter(place)
        #expect(other.ask("GET", upload).status == 204)
        #expect(other.ask("PUT", "\(upload)?digest=\(Digest(sha256Of: [1]))", body: [1]).status == 201)
        #expect(other.ask("GET", upload).status == 404)
        var ended = EndedNames()
        for number in 0..<40_000 { ended.insert("\(number)") }
        #expect(ended.contains("39999") && !ended.contains("0"))
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("2001:db8::1", "2001:db8:0:0::"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("::1", "0:0:0:0::"), ("::ffff:192.0.2.1", "192.0.2.1"), ("", ""),
    ]) func networks(_ peer: String, _ name: String) { #expect(PeerNetwork.name(of: peer) == name) }

    /// What ends makes room, in whatever way it ends.
    @Test func endedUploadsAreForgotten() throws {
        let place = try Place()
        let counter = try Counter(place) { $0.greatestUploadCountOfOne = 1 }
        let bytes: [UInt8] = [1, 2, 3]
        let digest = Digest(sha256Of: bytes)
        for _ in 0..<3 {
            let upload = try #require(counter.ask("POST", target)["location"])
            #expect(counter.ask("PATCH", upload, body: [9]).status == 202)
            #expect(counter.ask("DELETE", upload).status == 204)
            #expect(counter.ask("GET", upload).status == 404)
            let other = try #require(counter.ask("POST", target)["location"])
            #expect(counter.ask("PUT", "\(other)?digest=\(digest)", body: bytes).status == 201)
            let wrong = try #require(counter.ask("POST", target)["location"])
            #expect(counter.ask("PUT", "\(wrong)?digest=\(digest)", body: [4]).status == 400)
            #expect(counter.ask("POST", "\(target)?digest=\(digest)", ["content-length": "1"], body: [4]).status == 400)
            #expect(counter.ask("GET", wrong).status == 404)
        }
        #expect(try SystemFile.names(in: "\(place.path)/root/ingest") == [])
    }

    /// Those to which nobody writes go; files without a byte, which a kill may leave, after minutes.
    @Test func emptyOnesExpireSoon() throws {
        let place = try Place()
        let counter = try Counter(place)
        let begun = try #require(counter.ask("POST", target)["location"])
        #expect(counter.ask("PATCH", begun, body: [1]).status == 202)
        let empty = "0000000000000000000000000000000a-0000000000000000000000000000000b"
        _ = try place.write("", to: "root/ingest/\(empty)")
        let id = try #require(begun.split(separator: "/").last.map(String.init))
        counter.registry.uploads.putAway(idleFor: 0)
        #expect(try counter.registry.expire() == [])
        for (minutes, left) in [(11, [id]), (61, [])] {
            for id in try SystemFile.names(in: "\(place.path)/root/ingest") {
                let moment = timespec(tv_sec: time(nil) - 60 * minutes, tv_nsec: 0)
                let times = [moment, moment]
                #expect(utimensat(AT_FDCWD, "\(place.path)/root/ingest/\(id)", times, 0) == 0)
            }
            _ = try counter.registry.expire()
            #expect(try SystemFile.names(in: "\(place.path)/root/ingest") == left)
        }
    }

    /// Blobs are deleted only when nobody stores a manifest that may name them: a PUT that is under way has its lock.
    @Test func deletionWaitsForManifests() throws {
        let place = try Place()
        let counter = try Counter(place)
        let digest = Digest(sha256Of: [1])
        #expect(counter.ask("POST", "\(target)?digest=\(digest)", ["content-length": "1"], body: [1]).status == 201)
        let repository = counter.store.repository("a")
        var threads = Threads()
        do {
            let lock = try repository.lock(.shared)
            defer { withExtendedLifetime(lock) {} }
            threads.start(1) { _ in
                let status = counter.ask("DELETE", "/v2/a/blobs/\(digest)").status
                if status != 202 { throw SystemError("DELETE", "blob", errno: 0, advice: "\(status)") }
            }
            var status = stat()
            #expect(stat("\(repository.path)/_lock", &status) == 0)
            // Waiting processes stand behind an arrow in the kernel's list.
            var isWaiting = false
            for _ in 0..<2000 {
                guard !isWaiting else { break }
                isWaiting = try SystemFile.read("/proc/locks").split(separator: "\n").contains {
                    $0.contains("-> FLOCK") && $0.contains(":\(status.st_ino) ")
                }
                if !isWaiting { usleep(5000) }
            }
            #expect(isWaiting && repository.hasBlob(digest))
        }
        #expect(threads.join() == [])
        #expect(!repository.hasBlob(digest))
        #expect(counter.ask("DELETE", "/v2/never/blobs/\(digest)").status == 404)
    }

    /// Nobody else on the machine reads what is stored, whether it comes now or was there before.
    @Test func filesArePrivate() throws {
        let place = try Place()
        let root = "\(place.path)/root"
        _ = try place.shell("umask 0; mkdir -p root/blobs/sha256 root/repositories root/ingest && chmod -R 755 root")
        let server = try RegistryProcess(place)
        let shop = RegistryFixture(server.http)
        try shop.expect(shop.put(shop.image(), "v1"), 201)
        try shop.expect(shop.send("PATCH", shop.beginUpload(), body: [1]), 202)
        let open = try place.shell(
            "find root -mindepth 1 -type f -perm /077; find root/*/ -maxdepth 0 -perm /077; find root/blobs/* -maxdepth 0 -perm /077"
        )
        // The parent of the blobs' directories holds nothing but those.
        #expect(open.output.split(separator: "\n").filter { $0 != "root/blobs/" } == [], "\(open.output)")
        #expect(SystemFile.exists("\(root)/blobs/sha256"))
    }
}
