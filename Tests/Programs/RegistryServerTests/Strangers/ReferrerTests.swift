import Glibc
import Linux
import OCI
import Testing

@testable import RegistryServer

/// Lists of referrers: whatever one pusher puts into them, everybody else's entries are found.
struct ReferrerTests {
    private let subject = Digest(sha256Of: [1])

    /// Entries as they lie on disk, without the manifests' own bytes.
    private func enter(_ entries: [Descriptor], _ counter: Counter, _ name: String = "a") throws {
        let directory = "\(counter.store.root)/repositories/\(name)"
        let list = "\(directory)/_referrers/sha256/\(subject.hexadecimal)"
        try SystemFile.makeDirectories(list)
        try SystemFile.makeDirectories("\(directory)/_manifests/sha256")
        for entry in entries {
            let digest = entry.digest.hexadecimal
            for (path, bytes) in [
                ("\(directory)/_manifests/sha256/\(digest)", Array(entry.mediaType.rawValue.utf8)),
                ("\(list)/sha256-\(digest)", JSONDocument.write(entry, indented: false)),
            ] {
                let file = try OwnedDescriptor(opening: path, O_WRONLY | O_CREAT | O_TRUNC)
                try SystemFile.write(bytes, to: file.number, path)
            }
        }
    }

    private func entry(_ number: Int, annotation: Int, type: String = "application/vnd.example") -> Descriptor {
        Descriptor(
            mediaType: .imageManifest, digest: Digest(sha256Of: Array("\(number)".utf8)), size: 10,
            annotations: annotation > 0 ? ["a": String(repeating: "x", count: annotation)] : [:],
            artifactType: MediaType(type))
    }

    /// Follows the links to the end.
    private func all(
        _ counter: Counter, _ query: String = "", _ name: String = "a"
    ) throws -> (entries: [Descriptor], pages: Int, greatest: Int) {
        var target = "/v2/\(name)/referrers/\(subject)\(query)"
        var found: [Descriptor] = []
        var greatest = 0
        for page in 1...10_000 {
            let answer = counter.ask("GET", target)
            try #require(answer.status == 200)
            let entries = try ImageIndex(json: answer.bytes).manifests
            greatest = max(greatest, answer.bytes.count)
            found += entries
            guard let link = answer["link"] else { return (found, page, greatest) }
            try #require(!entries.isEmpty, "a page without an entry")
            target = String(link.dropFirst().prefix { $0 != ">" })
        }
        throw SystemError("list", "referrers", errno: 0, advice: "the list has no end")
    }

    /// One that is larger than a page, stored before there was a bound, is listed, without its annotations; so is everything else.
    @Test func largerThanAPage() throws {
        let place = try Place()
        let counter = try Counter(place)
        let entries = (0..<40).map { entry($0, annotation: 100) }
        let first = try #require(entries.map(\.digest).min { $0.description < $1.description })
        let all = entries.map { entry in
            var entry = entry
            if entry.digest == first { entry.annotations = ["a": String(repeating: "x", count: 4_200_000)] }
            return entry
        }
        try enter(all, counter)
        let found = try self.all(counter).entries
        #expect(Set(found.map(\.digest)) == Set(entries.map(\.digest)))
        #expect(found.first { $0.digest == first }?.annotations == [:])
        #expect(found.count { $0.annotations["a"]?.count == 100 } == 39)
    }

    /// However many there are and however large, by type or not: every one is on one page, no page is larger than it may be.
    @Test func everyEntryOnce() throws {
        let place = try Place()
        let counter = try Counter(place)
        let types = ["application/vnd.one", "application/vnd.two+json"]
        let entries = (0..<1300).map { entry($0, annotation: ($0 % 7) * 900, type: types[$0 % 2]) }
        try enter(entries, counter)
        let found = try all(counter)
        #expect(found.entries.map(\.digest.description) == entries.map(\.digest.description).sorted())
        #expect(found.pages > 10 && found.greatest < ReferrerPage.size + ReferrerPage.greatestEntry + 1024)
        let filtered = try all(counter, "?artifactType=application/vnd.two%2Bjson")
        #expect(filtered.entries.count == 650 && filtered.pages > 5)
        #expect(filtered.entries.allSatisfy { $0.artifactType?.rawValue == types[1] })
    }

    /// Signatures among ten thousand entries of another type that one pusher made up: found on the first page.
    @Test func needle() throws {
        let place = try Place()
        let counter = try Counter(place)
        try enter((0..<10_000).map { entry($0, annotation: 0) }, counter)
        let wanted = entry(-1, annotation: 0, type: "application/vnd.signature")
        try enter([wanted], counter)
        #expect(try all(counter, "?artifactType=application/vnd.signature").entries == [wanted])
        #expect(try all(counter).entries.count == 10_001)
    }

    /// What could fill a page by itself is refused when it is pushed; without a subject nobody lists it.
    @Test func annotationsAreBounded() throws {
        let place = try Place()
        let server = try RegistryProcess(place)
        let shop = RegistryFixture(server.http)
        let named = shop.descriptor(.imageManifest, [1])
        func push(_ size: Int, _ subject: Descriptor?) throws -> Answer {
            let annotations = ["a": String(repeating: "x", count: size)]
            return try shop.put(shop.image(subject: subject, annotations: annotations), "v")
        }
        try shop.expect(push(70_000, named), 400, code: "MANIFEST_INVALID")
        try shop.expect(push(70_000, nil), 201)
        try shop.expect(push(60_000, named), 201)
        #expect(try shop.referrers(of: named.digest).list.count == 1)
        try shop.expect(shop.send("GET", "/v2/\(shop.name)/referrers/\(named.digest)?last=x"), 400)
    }

    /// Only what is on a page is in memory: sixteen clients read a list of 40 MB at once.
    @Test func memory() throws {
        let place = try Place()
        try enter((0..<700).map { entry($0, annotation: 60_000) }, Counter(place))
        let server = try RegistryProcess(place)
        let http = server.http
        let target = "/v2/a/referrers/\(subject)"
        var threads = Threads()
        threads.start(16) { _ in
            for _ in 0..<4 {
                let answer = try http.send("GET", target)
                try RegistryFixture(http).expect(answer.status == 200 && answer["link"] != nil, "\(answer.status)")
            }
        }
        #expect(threads.join() == [])
        #expect(server.greatestMemory < 150, "\(server.greatestMemory) MiB")
    }
}
