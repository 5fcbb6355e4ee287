import Content
import Glibc
import Linux
import OCI
import Testing

@testable import RegistryServer

/// Uploads that are begun and not gone on with take nobody else's place.
struct UploadLimitTests {
    private let target = "/v2/a/blobs/uploads/"

    /// One address begins as many as it can: others, and users, still push.
    @Test func oneClientCannotUseUpAll() throws {
        let place = try Place()
        let counter = try Counter(place) {
            $0.greatestUploadCount = 40
            $0.greatestUploadCountOfOne = 10
        }
        var statuses: [Int: Int] = [:]
        for _ in 0..<50 { statuses[counter.ask("POST", target, peer: "192.0.2.1").status, default: 0] += 1 }
        #expect(statuses == [202: 10, 429: 40])
        #expect(counter.ask("POST", target, peer: "192.0.2.2").status == 202)
        // A user's are counted together, wherever they come from, and apart from everybody else's.
        for number in 0..<10 {
            #expect(counter.ask("POST", target, peer: "192.0.2.\(number)", user: "ana").status == 202)
        }
        #expect(counter.ask("POST", target, peer: "192.0.2.77", user: "ana").status == 429)
        #expect(counter.ask("POST", target, peer: "192.0.2.77", user: "bob").status == 202)
        // Of IPv6, a network is one.
        for number in 0..<10 { #expect(counter.ask("POST", target, peer: "2001:db8::\(number)").status == 202) }
        #expect(counter.ask("POST", target, peer: "2001:db8::ffff:1").status == 429)
        #expect(counter.ask("POST", target, peer: "2001:db8:0:1::1").status == 202)
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
            let begun = counter.ask("POST", target)
            #expect(begun.status == 202 && counter.ask("POST", target).status == 429)
            let upload = try #require(begun["location"])
            #expect(counter.ask("DELETE", upload).status == 204)
            let other = try #require(counter.ask("POST", target)["location"])
            #expect(counter.ask("PUT", "\(other)?digest=\(digest)", body: bytes).status == 201)
            let wrong = try #require(counter.ask("POST", target)["location"])
            #expect(counter.ask("PUT", "\(wrong)?digest=\(digest)", body: [4]).status == 400)
            #expect(counter.ask("POST", "\(target)?digest=\(digest)", ["content-length": "1"], body: [4]).status == 400)
        }
    }

    /// Those to which nothing was written go after minutes, others later; who began them may begin others then.
    @Test func emptyOnesExpireSoon() throws {
        let place = try Place()
        let counter = try Counter(place) { $0.greatestUploadCountOfOne = 2 }
        let empty = try #require(counter.ask("POST", target)["location"])
        let begun = try #require(counter.ask("POST", target)["location"])
        #expect(counter.ask("PATCH", begun, body: [1]).status == 202)
        #expect(counter.ask("POST", target).status == 429)
        let ids = [empty, begun].compactMap { $0.split(separator: "/").last.map(String.init) }
        counter.registry.uploads.putAway(idleFor: 0)
        #expect(try counter.registry.expire() == [])
        for (minutes, left) in [(11, [ids[1]]), (61, [])] {
            for id in try SystemFile.names(in: "\(place.path)/root/ingest") {
                let moment = timespec(tv_sec: time(nil) - 60 * minutes, tv_nsec: 0)
                let times = [moment, moment]
                #expect(utimensat(AT_FDCWD, "\(place.path)/root/ingest/\(id)", times, 0) == 0)
            }
            _ = try counter.registry.expire()
            #expect(try SystemFile.names(in: "\(place.path)/root/ingest") == left)
        }
        #expect(counter.ask("POST", target).status == 202 && counter.ask("POST", target).status == 202)
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
            for _ in 0..<2000 where !isWaiting {
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
        let shop = Workshop(server.http)
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
