import Glibc
import Linux
import TestSupport
import Testing

@testable import Images

/// What has happened, a line each.
@Suite struct EventJournalTests {
    private static func event(_ action: String, time: Int64 = 1_700_000_000_123_456_789) -> EngineEvent {
        EngineEvent(
            .container, action, id: "abc", attributes: ["name": "web", "image": "busybox", "a label": "\"\n"],
            time: time)
    }

    private static func events(_ path: String) throws -> [EngineEvent?] {
        try SystemFile.read(path).split(separator: "\n").map { EngineEvent(line: $0.utf8) }
    }

    /// A line is read back as it was written; one that was cut off spoils no other. Nobody else reads them.
    @Test func lines() throws {
        let place = try TemporaryDirectory()
        defer { place.remove() }
        let journal = EventJournal(data: place.path)
        journal.append([Self.event("create"), Self.event("start")])
        let file = try OwnedDescriptor(opening: journal.path, O_WRONLY | O_APPEND)
        try SystemFile.write(Array("{\"Type\":\"conta".utf8), to: file.number, journal.path)
        journal.append([Self.event("die")])
        #expect(
            try Self.events(journal.path) == [Self.event("create"), Self.event("start"), nil, Self.event("die")])
        var status = stat()
        #expect(fstat(file.number, &status) == 0 && status.st_mode & 0o7777 == 0o600)
    }

    /// A full file gives way to a new one, and one older is kept.
    @Test func rotation() throws {
        let place = try TemporaryDirectory()
        defer { place.remove() }
        let journal = EventJournal(data: place.path, limit: 1000)
        for number in 0..<100 { journal.append([Self.event("start", time: Int64(number))]) }
        let former = try Self.events(journal.formerPath)
        let current = SystemFile.exists(journal.path) ? try Self.events(journal.path) : []
        let times = (former + current).map { $0?.time ?? -1 }
        #expect(times.count < 20 && times == Array(Int64(100 - times.count)..<100))
        #expect(Set(try SystemFile.names(in: place.path)).isSubset(of: ["events.jsonl", "events.jsonl.1"]))
    }

    /// Where nothing can be written, nothing happens.
    @Test func nowhere() {
        EventJournal(data: "/nosuch/directory").append([Self.event("start")])
    }
}
