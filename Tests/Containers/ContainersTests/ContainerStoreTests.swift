import Glibc
import Linux
import TestSupport
import Testing

@testable import Containers

/// What a container's directory is written with, against what is there already.
struct ContainerStoreTests {
    /// The next record's name is the same each time: what lies there, of a killed command or of somebody else, goes, and is not written
    /// through.
    @Test func plantedRecord() throws {
        let place = try TemporaryDirectory()
        let victim = place.path + "/victim"
        try SystemFile.replace(victim, with: Array("precious".utf8))
        let directory = ContainerDirectory(path: place.path, id: "x")
        let next = directory.recordPath + ".new"
        var record = ContainerRecord.blank
        record.id = "x"
        let plants: [() -> Int32] = [
            { symlink(victim, next) }, { link(victim, next) }, { mkfifo(next, 0o600) }, { symlink("nowhere", next) },
        ]
        for plant in plants {
            #expect(plant() == 0)
            try directory.write(record)
            #expect(try directory.record()?.id == "x")
        }
        #expect(try SystemFile.read(victim) == "precious")
        #expect(try SystemFile.names(in: place.path) == ["container.json", "victim"])
    }
}
