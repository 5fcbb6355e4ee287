import Glibc
import Linux
import TestSupport
import Testing

/// Guests of images that are killed, or for which the disk has no room, at random instants.
@Suite(
    .serialized,
    .enabled(
        if: EnginePlace.canRun && GuestLuckTests.hasGuests, "guests of images need root, busybox, isolab-vm and QEMU"))
struct GuestMisfortuneTests {
    private let luck: Misfortune

    init() throws {
        luck = try Misfortune()
        try luck.must("\"$isolab\" image bootstrap busybox && mkdir shared && echo kept > shared/file")
    }

    private static let hasVirtiofsd =
        access("/usr/lib/qemu/virtiofsd", X_OK) == 0 || access("/usr/libexec/virtiofsd", X_OK) == 0
    private static let run =
        "\"$isolab\" run --rm --vm \(hasVirtiofsd ? "-v \"$place/shared:/shared\"" : "") busybox sh -c 'echo up; sleep 0.3'"

    /// `kill -9` of isolab, or of isolab-vm, virtiofsd, QEMU: with either all the others end, and nothing of them stays.
    @Test func killed() throws {
        let length = try luck.duration(Self.run)
        var box = TimeBox(seconds: 10, least: 4)
        var victims: [String: Int] = [:]
        while box.next() {
            let killed = try luck.killAtRandom(Self.run, within: length + length / 10)
            victims[killed.victim, default: 0] += 1
            try luck.checkFreed(after: killed, cgroups: killed.family.cgroups)
            try luck.checkStore(after: killed)
            #expect(try SystemFile.read(luck.place.path + "/shared/file") == "kept\n")
        }
        #expect(try luck.must(Self.run).hasSuffix("up\n"))
        print("guests: \(box.rounds) killed, seed \(luck.instants.seed), of \(victims)")
    }

    /// A disk of a random size: what a guest boots from is packed there.
    @Test func fullDisk() throws {
        let before = try luck.size(of: luck.data)
        try luck.must("cp -a data whole && ISOLAB_DATA=\"$place/whole\" && \(Self.run)")
        let need = max(try luck.size(of: luck.place.path + "/whole") - before, 1 << 20)
        let data = luck.place.path + "/disk/data"
        var box = TimeBox(seconds: 6, least: 3)
        var failures = 0
        while box.next() {
            let room = luck.instants.below(need + need / 4)
            try luck.mountDisk(before + (256 << 10) + room)
            defer { luck.unmountDisk() }
            try luck.must("cp -a data disk/")
            let result = try luck.shell("ISOLAB_DATA='\(data)'; exec \(Self.run)")
            let what = "\(room) bytes of room (seed \(luck.instants.seed))"
            if result.status != 0 {
                failures += 1
                #expect(
                    result.status == 125 && result.complaints.contains("No space left"), "\(what): \(result.complaints)"
                )
            }
            try luck.checkFreed(after: what)
            try luck.checkStore(after: what, data: data)
            try luck.enlargeDisk()
            #expect(try luck.must("ISOLAB_DATA='\(data)'; exec \(Self.run)").hasSuffix("up\n"), "\(what)")
            try luck.checkStore(after: what, data: data)
        }
        print("guests: \(failures) of \(box.rounds) ran out of disk, seed \(luck.instants.seed)")
        #expect(failures > 0)
    }
}
