import Glibc
import Images
import Linux
import Testing

@testable import Engine

/// Which events are meant, and how they are read as the journal grows.
@Suite struct EventTests {
    private static let events = [
        EngineEvent(
            .container, "start", id: "abcdef", attributes: ["name": "web", "image": "busybox", "a": "1"], time: 1),
        EngineEvent(.container, "health_status: healthy", id: "abcdef", attributes: ["name": "web"], time: 2),
        EngineEvent(.image, "tag", id: "sha256:1", attributes: ["name": "busybox"], time: 3),
        EngineEvent(.network, "create", id: "fedcba", attributes: ["name": "net"], time: 4),
        EngineEvent(.volume, "create", id: "data", attributes: [:], time: 5),
    ]

    @Test(
        arguments: [
            ([], [1, 2, 3, 4, 5]), (["type=container"], [1, 2]), (["type=image", "type=volume"], [3, 5]),
            (["event=create"], [4, 5]), (["event=health_status"], [2]), (["container=web"], [1, 2]),
            (["container=abcd", "event=start"], [1]), (["image=busybox"], [1, 3]), (["network=net"], [4]),
            (["volume=data"], [5]), (["label=a"], [1]), (["label=a=1", "label=b"], []), (["container=we"], []),
        ] as [([String], [Int64])])
    func filters(words: [String], times: [Int64]) throws {
        let filter = try EventFilter("--filter", words)
        #expect(Self.events.filter(filter.accepts).map(\.time) == times)
    }

    @Test(arguments: ["type=pod", "scope=local", "event"]) func refusals(word: String) {
        #expect(throws: OptionError.self) { _ = try EventFilter("--filter", [word]) }
    }

    /// What is written while it is read is seen once, in the file that follows a full one, too; an instant that is over ends it.
    @Test func following() throws {
        let path = "/tmp/isolab-events-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try SystemFile.makeDirectories(path, mode: 0o700)
        defer { try? TreeRemoval.remove(path) }
        let journal = EventJournal(data: path, limit: 1 << 20)
        journal.append([EngineEvent(.volume, "create", id: "0", time: 0)])
        #expect(rename(journal.path, journal.formerPath) == 0)
        journal.append([EngineEvent(.volume, "create", id: "1", time: 1)])
        var seen: [String] = []
        let follower = try EventFollower(journal, until: nil) { event in
            seen.append(event.id)
            guard let number = Int(event.id), number < 6 else { return false }
            // By another command, while this one reads.
            if number > 0, number.isMultiple(of: 2) { rename(journal.path, journal.formerPath) }
            if number > 0 { journal.append([EngineEvent(.volume, "create", id: "\(number + 1)", time: 1)]) }
            return true
        }
        try follower.run(past: true)
        #expect(seen == ["0", "1", "2", "3", "4", "5", "6"])
        var none: [String] = []
        let over = try EventFollower(journal, until: .now()) { event in
            none.append(event.id)
            return true
        }
        try over.run(past: false)
        #expect(none == [])
    }
}
