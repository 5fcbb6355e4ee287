import Containers
import Glibc
import Linux
import OCI
import Testing

@testable import Engine

/// Records, names and whose care a container is in.
@Suite struct ContainerRecordsTests {
    private static func container() -> StoredContainer {
        StoredContainer(
            id: ContainerName.identifier(), name: "", image: "busybox", imageID: Digest(sha256Of: []),
            manifest: Descriptor(mediaType: .imageManifest, digest: Digest(sha256Of: []), size: 0), command: ["true"],
            created: "2026-11-24T08:50:07Z")
    }

    private static func withRecords(_ body: (ContainerRecords) throws -> Void) throws {
        let path = "/tmp/isolab-shelf-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        let shelf = try ContainerRecords(path: path)
        try body(shelf)
        for id in try shelf.identifiers { try shelf.remove(id, name: shelf.container(id)?.name) }
        for name in ["live", "names", ""] { rmdir("\(path)/\(name)") }
        #expect(access(path, F_OK) != 0, "something was left")
    }

    /// A name is given once, and is free again when its container is gone; identifiers are found by their beginning.
    @Test func names() throws {
        try Self.withRecords { shelf in
            var first = Self.container()
            var second = Self.container()
            let care = try shelf.add(&first, named: "one")
            #expect(throws: EngineError.nameTaken("one", by: first.id)) { _ = try shelf.add(&second, named: "one") }
            #expect(try shelf.identifiers == [first.id])
            #expect(try shelf.find("one") == first)
            #expect(try shelf.find(String(first.id.prefix(9))) == first)
            #expect(throws: EngineError.unknown("two")) { try shelf.find("two") }
            try shelf.remove(first.id, name: first.name)
            let other = try shelf.add(&second, named: "one")
            #expect(second.name == "one")
            _ = consume other
            _ = consume care
        }
    }

    /// Made-up names are names, and no two containers' are the same.
    @Test func madeUpNames() throws {
        try Self.withRecords { shelf in
            var names: Set<String> = []
            for _ in 0..<20 {
                var container = Self.container()
                _ = try shelf.add(&container, named: nil)
                #expect(RunOptions.isName(container.name))
                names.insert(container.name)
            }
            #expect(names.count == 20)
        }
    }

    /// What nobody looks after is found, once, and what somebody does is not.
    @Test func orphans() throws {
        try Self.withRecords { shelf in
            var container = Self.container()
            let care = try shelf.add(&container, named: nil)
            #expect(try shelf.orphans().isEmpty)
            #expect(shelf.isLookedAfter(container.id))
            if let second = shelf.takeOver(container.id) {
                Issue.record("two look after one container")
                _ = consume second
            }
            _ = consume care
            #expect(try shelf.orphans() == [container.id])
            #expect(shelf.isLive(container.id) && !shelf.isLookedAfter(container.id))
            if let taken = shelf.takeOver(container.id) {
                #expect(try shelf.orphans().isEmpty)
                _ = consume taken
            } else {
                Issue.record("nobody can look after it")
            }
        }
    }

    /// Which processes do not die is known to whoever takes the container over; what is no list of them, of an older version or cut off, is
    /// none.
    @Test(arguments: ["", "\n", "12", "12 x\n", "-1 5\n", "12 5 6\n"]) func heldProcesses(other: String) throws {
        try Self.withRecords { shelf in
            var container = Self.container()
            let care = try shelf.add(&container, named: nil)
            let before = care.held
            let own = try ProcessIdentity(of: getpid())
            let gone = ProcessIdentity(pid: getpid(), startTime: own.startTime &+ 1)
            care.keep(held: [own, gone])
            let written = care.held
            care.keep(held: [])
            let text = Array(other.utf8)
            let count = pwrite(care.number, text, text.count, 0)
            let unread = care.held
            #expect(before == [] && written == [own, gone] && count == text.count && unread == [])
            #expect(written.filter { $0.isLeft(after: 0) } == [own])
            _ = consume care
        }
    }

    /// A record comes back as it was written; one that says what is none is refused.
    @Test func records() throws {
        var container = Self.container()
        container.name = "one"
        container.exitCode = 3
        container.labels = ["a": "b"]
        #expect(try StoredContainer(json: container.json()) == container)
        container.id = "../../etc"
        #expect(throws: ConfigurationError.self) { try StoredContainer(json: container.json()) }
    }
}
