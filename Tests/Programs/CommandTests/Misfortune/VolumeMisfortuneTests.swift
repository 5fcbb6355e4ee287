import Glibc
import Linux
import TestSupport
import Testing

/// Commands on volumes that are killed at random instants: a volume is whole or not there, and nothing else stays.
@Suite(.serialized, .enabled(if: EnginePlace.canRun, "\(EnginePlace.reason)"))
struct VolumeMisfortuneTests {
    private let luck: Misfortune

    /// An image with enough files that copying them takes a while.
    init() throws {
        luck = try Misfortune()
        _ = try luck.place.write(
            "FROM busybox\nRUN mkdir /full && for i in $(seq 400); do mkdir /full/$i; echo $i > /full/$i/f; done\n",
            to: "Containerfile")
        try luck.must(
            "\"$isolab\" image bootstrap busybox && \"$isolab\" build -q -t full . && \"$isolab\" run --rm full true")
    }

    private static let run = "\"$isolab\" run --rm -v data:/full -v /other full true"

    /// `kill -9` of a first use: the volume has no files of the image's, or all of them, and the next use completes it.
    @Test func killedFirstUse() throws {
        let length = try luck.duration(Self.run)
        var box = TimeBox(seconds: 8, least: 4)
        while box.next() {
            try luck.must("\"$isolab\" volume rm -f data > /dev/null")
            let killed = try luck.killAtRandom(Self.run, within: length + length / 10)
            try luck.checkFreed(after: killed, cgroups: killed.family.cgroups)
            let count = try luck.must(
                "\"$isolab\" run --rm -v data:/full:nocopy busybox sh -c 'cat /full/*/f 2> /dev/null | wc -l'")
            #expect(["0\n", "400\n"].contains(count), "\(killed): \(count)")
            #expect(
                try luck.must("\"$isolab\" run --rm -v data:/full full sh -c 'cat /full/*/f | wc -l'") == "400\n",
                "\(killed)")
            #expect(try luck.must("\"$isolab\" volume ls -q") == "data\n", "\(killed)")
            #expect(
                try luck.must(
                    "ls data/volumes | grep -v '^names$\\|^filling$\\|^lock$' | wc -l; ls data/volumes/filling")
                    == "1\n",
                "\(killed)")
        }
        print("first uses: \(box.rounds) killed, seed \(luck.instants.seed)")
    }

    /// `kill -9` of an import, a rename and a removal.
    @Test func killedCommands() throws {
        try luck.must("\(Self.run); \"$isolab\" volume export data > all.tar")
        var box = TimeBox(seconds: 8, least: 4)
        let length = try luck.duration("\"$isolab\" volume import first all.tar")
        while box.next() {
            let killed = try luck.killAtRandom("\"$isolab\" volume import copy all.tar", within: length + length / 10)
            let count = try luck.must(
                "\"$isolab\" run --rm -v copy:/c busybox sh -c 'cat /c/*/f 2> /dev/null | wc -l'")
            #expect(["0\n", "400\n"].contains(count), "\(killed): \(count)")
            let renamed = try luck.killAtRandom("\"$isolab\" volume rename copy moved", within: length / 4)
            let names = try luck.must("\"$isolab\" volume ls -q -f name=copy -f name=moved")
            #expect(["copy\n", "moved\n"].contains(names), "\(renamed): \(names)")
            let removed = try luck.killAtRandom(
                "\"$isolab\" volume rm \(names.dropLast())", within: length / 4)
            try luck.must("\"$isolab\" volume rm -f copy moved > /dev/null")
            #expect(try luck.must("\"$isolab\" volume ls -q") == "data\nfirst\n", "\(removed)")
            #expect(try luck.must("ls data/volumes | wc -l; ls data/volumes/names") == "5\ndata\nfirst\n", "\(removed)")
        }
        print("volume commands: \(box.rounds) killed, seed \(luck.instants.seed)")
    }
}
