import Glibc
import Linux
import TestSupport
import Testing

/// Builds that are killed, or run out of disk, at random instants: nothing that was there is lost, nothing stays, the next one succeeds.
@Suite(.serialized, .enabled(if: EnginePlace.canRun, "\(EnginePlace.reason)"))
struct BuildMisfortuneTests {
    private let luck: Misfortune

    /// A build with everything that leaves something: copies, commands, a cache, a secret, an archive, a second stage.
    init() throws {
        luck = try Misfortune()
        _ = try luck.place.write(
            """
            FROM busybox AS first
            COPY tree /tree
            RUN --mount=type=cache,target=/kept echo x >> /kept/here; head -c 2000000 /dev/urandom > /made; cp -r /tree /copy
            FROM busybox
            ADD archive.tar /archive
            COPY --from=first /made /copy /from/
            RUN --mount=type=tmpfs,target=/t --mount=type=secret,id=word cat /run/secrets/word > /t/x; rm /etc/group; mkdir -p /a/b/c
            CMD ["cat", "/archive/1"]
            """, to: "Containerfile")
        try luck.must(
            """
            "$isolab" image bootstrap busybox && echo secret > word && mkdir tree
            for i in $(seq 60); do head -c 20000 /dev/urandom > tree/$i; done; tar -C tree -cf archive.tar .
            echo kept > tree/1; tar -C tree -cf archive.tar .
            printf 'FROM busybox\\nRUN echo kept > /kept\\n' > Kept; "$isolab" build -q -t kept -f Kept .
            """)
    }

    private static let build = "\"$isolab\" build --no-cache --secret id=word,src=word -t made ."

    /// `kill -9` of the build, or of any process of its own.
    @Test func killed() throws {
        let length = try luck.duration(Self.build)
        var box = TimeBox(seconds: 8, least: 4)
        var statuses: [Int32: Int] = [:]
        while box.next() {
            let killed = try luck.killAtRandom(Self.build, within: length + length / 10)
            statuses[killed.status, default: 0] += 1
            try luck.checkFreed(after: killed, cgroups: killed.family.cgroups)
            try luck.checkStore(after: killed)
            #expect(
                try luck.must("\"$isolab\" run --rm kept cat /kept; \"$isolab\" run --rm made") == "kept\nkept\n",
                "\(killed)")
        }
        try luck.must(Self.build)
        print("builds: \(box.rounds) killed, seed \(luck.instants.seed), then \(statuses)")
    }

    /// A disk of a random size, of which the build needs more, or just not.
    @Test func fullDisk() throws {
        let before = try luck.size(of: luck.data)
        try luck.must("cp -a data whole && ISOLAB_DATA=\"$place/whole\" && \(Self.build)")
        let need = try luck.size(of: luck.place.path + "/whole") - before
        let data = luck.place.path + "/disk/data"
        var box = TimeBox(seconds: 7, least: 3)
        var failures = 0
        while box.next() {
            // What is packed lies there besides, for a while: half as much again is enough sometimes.
            let room = luck.instants.below(need + need / 2)
            try luck.mountDisk(before + (1 << 20) + room)
            defer { luck.unmountDisk() }
            try luck.must("cp -a data disk/")
            let result = try luck.shell("ISOLAB_DATA='\(data)'; exec \(Self.build)")
            let what = "\(room) bytes of room (seed \(luck.instants.seed))"
            if result.status != 0 {
                failures += 1
                #expect(
                    result.status == 1 && result.complaints.contains("No space left"), "\(what): \(result.complaints)")
            }
            try luck.checkStore(after: what, data: data)
            try luck.enlargeDisk()
            #expect(
                try luck.must(
                    """
                    export ISOLAB_DATA='\(data)'; "$isolab" run --rm kept cat /kept; \(Self.build) > /dev/null 2>&1
                    "$isolab" run --rm made
                    """) == "kept\nkept\n", "\(what)")
            try luck.checkStore(after: what, data: data)
        }
        print("builds: \(failures) of \(box.rounds) ran out of disk, seed \(luck.instants.seed)")
        #expect(failures > 0)
    }
}
