import Glibc
import Linux
import TestSupport
import Testing

/// Containers in the background, of which a command or a keeper is killed at random instants.
@Suite(.serialized, .enabled(if: EnginePlace.canRun, "\(EnginePlace.reason)"))
struct BackgroundMisfortuneTests {
    private let luck: Misfortune

    init() throws {
        luck = try Misfortune()
        try luck.must("\"$isolab\" image bootstrap busybox")
    }

    /// Whatever of isolab works on this place at this instant: commands and keepers.
    private func processes() -> [Int32] {
        let own = Array("ISOLAB_DATA=\(luck.data)".utf8)
        return ((try? Procfs.processes()) ?? []).filter { pid in
            guard pid != getpid(), (try? SystemFile.read("/proc/\(pid)/comm"))?.hasPrefix("isolab") == true,
                let status = try? Procfs.status(of: pid), status.state != "Z",
                let variables = try? SystemFile.bytes(of: "/proc/\(pid)/environ")
            else { return false }
            return variables.split(separator: 0).contains { $0.elementsEqual(own) }
        }
    }

    /// Starts a line, kills one of isolab's processes at a random instant, and waits for the line's end.
    private func killAtRandom(_ line: String, within length: UInt64) throws -> String {
        let process = try ProcessPlan(
            "unshare",
            [
                "--mount", "/bin/sh", "-c",
                "mount --bind \"$place/run\" /run/isolab; export ISOLAB_DATA=\"$place/data\"; exec > log 2>&1; \(line)",
            ],
            environment: ProcessPlan.ownEnvironment() + ["isolab=\(IsolabProgram.path)", "place=\(luck.place.path)"],
            workingDirectory: luck.place.path
        ).spawn()
        let instant = luck.instants.sleep(within: length)
        let found = processes()
        var name = "nobody"
        if !found.isEmpty {
            let victim = found[luck.instants.below(found.count)]
            name = (try? Procfs.status(of: victim).name) ?? "somebody"
            kill(victim, SIGKILL)
        }
        _ = try process.wait(for: "isolab")
        return "\(name) killed after \(instant) µs (seed \(luck.instants.seed))"
    }

    /// What is there then is as it is said to be, and can be removed; nothing of it is left.
    private func checkAll(after what: String) throws {
        let listed = try luck.must(
            "\"$isolab\" ps -a --format '{{.Names}} {{.State}}'"
        ).split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        for container in listed {
            #expect(["created", "running", "restarting", "exited"].contains(container[1]), "\(what): \(container)")
            guard container[1] == "running" else { continue }
            // It may have ended by itself since, but then it is said.
            let answer = try luck.shell(
                "\"$isolab\" exec \(container[0]) true || [ \"$(\"$isolab\" inspect \(container[0]) --format '{{.State.Status}}')\" != running ]"
            )
            #expect(answer.status == 0, "\(what): \(container): \(answer.complaints)")
        }
        try luck.must("for id in $(\"$isolab\" ps -aq); do \"$isolab\" rm -f $id > /dev/null || exit; done")
        var left = processes()
        for _ in 0..<500 {
            if left.isEmpty { break }
            usleep(10_000)
            left = processes()
        }
        #expect(left.isEmpty, "\(what): keepers are left")
        try luck.checkFreed(after: what)
        try luck.checkStore(after: what)
    }

    @Test(arguments: [
        "\"$isolab\" run -d --name one busybox sleep 1000",
        "\"$isolab\" run -d --rm --name one busybox sh -c 'sleep 0.1'",
        "\"$isolab\" run -d --name one --restart always busybox sh -c 'sleep 0.02'; sleep 0.5",
        "\"$isolab\" create --name one busybox sleep 1000; \"$isolab\" start one; \"$isolab\" rename one two; \"$isolab\" stop -t 0 two; \"$isolab\" start two",
    ])
    func killed(line: String) throws {
        let length = try luck.duration("{ \(line); } > /dev/null")
        try checkAll(after: "nothing")
        var box = TimeBox(seconds: 8, least: 6)
        while box.next() {
            let what = try killAtRandom(line, within: length + length / 5)
            try checkAll(after: what)
        }
        print("background: \(box.rounds) killed, seed \(luck.instants.seed)")
    }

    /// Many live at once, each with a keeper of its own, and every one of them is stopped.
    @Test func crowd() throws {
        try luck.must(
            """
            for i in $(seq 200); do "$isolab" run -d --name c$i --stop-timeout 0 busybox sh -c "echo $i; exec sleep 1000" > /dev/null || exit; done
            [ "$("$isolab" ps -q | wc -l)" = 200 ] || exit 1
            for i in 1 77 200; do [ "$("$isolab" logs c$i)" = $i ] || exit 2; done
            """)
        let keepers = processes()
        #expect(keepers.count == 200)
        let memory = keepers.compactMap { try? Procfs.memory(of: $0)?.proportional }.reduce(0, +)
        // Their program's pages are the same for all.
        #expect(memory / 200 <= 512 << 10, "\(memory / 200) bytes a keeper")
        try luck.must("\"$isolab\" stop $(\"$isolab\" ps -q) | wc -l | grep -qx 200")
        try checkAll(after: "a crowd")
    }

    /// A disk that is full keeps the log from growing, and the container from nothing.
    @Test func fullDisk() throws {
        // Layers are unpacked by then.
        try luck.must("\"$isolab\" run --rm busybox true")
        let before = try luck.size(of: luck.data)
        try luck.mountDisk(before + (2 << 20))
        defer { luck.unmountDisk() }
        try luck.must("cp -a data disk/")
        let result = try luck.shell(
            """
            export ISOLAB_DATA="$place/disk/data"
            "$isolab" run -d --name full busybox sh -c 'yes full | head -c 4000000; exit 4' > /dev/null || exit
            "$isolab" wait full; "$isolab" logs full | sort -u; "$isolab" logs full | wc -l | grep -qx 800000 || echo lost
            """)
        #expect(result.output == "4\nfull\nlost\n", "\(result.output)\(result.complaints)")
        try luck.enlargeDisk()
        try luck.must("export ISOLAB_DATA=\"$place/disk/data\"; \"$isolab\" rm -f full > /dev/null")
        try luck.checkStore(after: "a full disk", data: luck.place.path + "/disk/data")
    }
}
