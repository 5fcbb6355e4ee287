import Glibc
import Linux
import TestSupport
import Testing

/// `isolab learn` on this machine: the lessons as a learner has them, on a terminal, in a pipe and as a page.
@Suite struct LearnTests {
    private static let canRun = EnginePlace.canRun
    private static let reason = "\(EnginePlace.reason)"

    private func lines(_ text: String) -> [String] { text.split(separator: "\n").map(String.init) }

    /// Whatever lines it was wrapped into.
    private func flat(_ text: String) -> String { text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }

    // MARK: - The command line

    @Test func list() throws {
        let place = try Place()
        let result = try IsolabProgram.run(["learn"], in: place)
        #expect(result.status == 0)
        for name in ["process", "namespaces", "files", "limits", "privileges", "images", "volumes", "machine"] {
            #expect(lines(result.output).contains { $0.hasPrefix(name) }, "\(result.output)")
        }
        #expect(lines(result.output).allSatisfy { $0.count <= 80 })
        #expect(!result.output.contains("\u{1B}"))
    }

    @Test(arguments: [
        (["nonsense"], "there is no lesson 'nonsense'"), (["process", "files"], "one lesson at a time"),
        (["--json"], "--json is for"), (["--all"], "are for one lesson"),
        (["check", "process", "--html", "x"], "are for one lesson"),
        (["check", "--verify"], "cannot be given together"),
    ])
    func wrongLines(words: [String], complaint: String) throws {
        let result = try IsolabProgram.run(["learn"] + words, in: Place())
        #expect(result.status == 2)
        #expect(result.complaints.contains(complaint), "\(result.complaints)")
    }

    /// What removes a lesson's place removes nothing else.
    @Test func tidiesItsOwnAlone() throws {
        let place = try Place()
        for name in ["../..", "-1", "0", "\(place.path)"] {
            let result = try IsolabProgram.run(["learn", "--tidy=\(name)"], in: place)
            #expect(
                result.status == 1 && result.complaints.contains("named by a process ID"),
                "\(name): \(result.complaints)")
        }
        #expect(SystemFile.exists(place.path))
    }

    // MARK: - As root

    /// Every lesson without guests, from beginning to end; every claim holds here, or what is missing is said.
    @Test(
        .enabled(if: canRun, "\(reason)"),
        arguments: ["process", "namespaces", "files", "limits", "privileges", "images", "volumes"])
    func wholeLesson(name: String) throws {
        let place = try Place()
        let result = try IsolabProgram.run(
            ["learn", name, "--all", "--explain", "--html", "\(place.path)/page.html"], in: place)
        #expect(result.status == 0, "\(result.output)\(result.complaints)")
        #expect(result.output.contains("✓") && !result.output.contains("✗"), "\(result.output)")
        if name != "limits" { #expect(!result.output.contains("Left out"), "\(result.output)") }
        let page = place.read("page.html")
        #expect(page.hasPrefix("<!DOCTYPE html>") && page.utf8.count < 200_000)
        #expect(page.contains("claims held there"))
    }

    @Test(.enabled(if: canRun && GuestLuckTests.hasGuests, "\(reason); guests need isolab-vm and QEMU"))
    func guests() throws {
        let result = try IsolabProgram.run(["learn", "machine", "--verify"], in: Place())
        #expect(
            result.status == 0 && result.output.contains("claims hold here; 0 do not"),
            "\(result.output)\(result.complaints)")
    }

    /// The page holds what this host printed: its own kernel.
    @Test(.enabled(if: canRun, "\(reason)"))
    func pageHoldsRealOutput() throws {
        let place = try Place()
        let result = try IsolabProgram.run(
            ["learn", "process", "--all", "--html", "\(place.path)/page.html"], in: place)
        #expect(result.status == 0, "\(result.complaints)")
        let boot = try SystemFile.read("/proc/sys/kernel/random/boot_id").prefix { $0 != "\n" }
        let page = place.read("page.html")
        #expect(page.components(of: String(boot)) == 3, "inside and outside")
    }

    @Test(.enabled(if: canRun, "\(reason)"))
    func verificationAsJSON() throws {
        let result = try IsolabProgram.run(["learn", "volumes", "--verify", "--json"], in: Place())
        #expect(result.status == 0)
        let text = result.output.filter { !$0.isWhitespace }
        #expect(text.contains("\"succeeded\":true") && text.contains("\"result\":\"holds\""), "\(result.output)")
    }

    // MARK: - With a learner

    /// Forward with a prediction, back, forward again, more, and away: nothing runs twice, and nothing stays.
    @Test(.enabled(if: canRun, "\(reason)"))
    func thereAndBack() throws {
        let result = try EnginePlace.shell(
            """
            printf '2\\n\\n\\nb\\ne\\nb\\n\\nq\\n' | "$isolab" learn process & wait $!; echo "status $?"
            ls /var/cache/isolab/lessons/$! 2>&1 | grep -c 'No such file'
            """)
        let output = result.output
        #expect(
            flat(output).contains("busybox-container. Here it is: a process named sleep."), "\(output)")
        #expect(output.components(of: "1/5 Start one") == 4, "\(output)")
        #expect(output.components(of: "isolab-keeper") == 2, "\(output)")
        #expect(output.contains("status 0") && lines(output).last == "1", "\(output)")
        #expect(!output.contains("\u{1B}"))
    }

    /// At the end of what is typed, the rest needs no answers.
    @Test(.enabled(if: canRun, "\(reason)"))
    func endOfInput() throws {
        let result = try IsolabProgram.run(["learn", "volumes"], in: Place())
        #expect(result.status == 0 && result.output.contains("4/4"), "\(result.output)\(result.complaints)")
    }

    /// On a terminal, with colours; an interrupt ends it, and the terminal's own line is kept.
    @Test(.enabled(if: canRun, "\(reason)"))
    func onATerminal() throws {
        let result = try EnginePlace.shell(
            "printf '1\\nq\\n' | TERM=xterm \"$terminal\" 'stty cols 60; \"$isolab\" learn process; echo \"status $?\"'"
        )
        #expect(result.output.contains("\u{1B}[1"), "\(result.output)")
        #expect(result.output.contains("You predicted it: a process named sleep."), "\(result.output)")
        #expect(result.output.contains("status 0"), "\(result.output)")
    }

    /// However it ends, its container, its store and its command go.
    @Test(.enabled(if: canRun, "\(reason)"), arguments: [SIGINT, SIGTERM, SIGKILL])
    func endedFromOutside(signal: Int32) throws {
        let place = try Place()
        let process = try IsolabProgram.start(
            shell: "mkfifo keys; exec 9<>keys; printf '\\n' >&9; exec \"$isolab\" learn process < keys > log 2>&1",
            in: place)
        try Eventually.holds("the first step has run: \(place.read("log"))") { place.read("log").contains("✓") }
        let name = "/var/cache/isolab/lessons/\(process.pid)"
        #expect(SystemFile.exists(name))
        let container = try IsolabProgram.shell(
            "ISOLAB_DATA=\(name)/data \"$isolab\" inspect demo --format '{{.State.Pid}}'", in: Place())
        let pid = try #require(Int32(container.output.prefix { $0 != "\n" }), "\(container.complaints)")
        #expect(SystemFile.exists("/proc/\(pid)"))
        try process.kill(signal)
        let exit = try process.wait(for: "learn to end")
        #expect(exit.shellStatus == 128 + signal)
        try Eventually.holds("the place of the lesson is gone") { !SystemFile.exists(name) }
        try Eventually.holds("the container has ended") { !SystemFile.exists("/proc/\(pid)") }
    }

    /// What a lesson left that was killed together with its helper, the next one removes.
    @Test(.enabled(if: canRun, "\(reason)"))
    func sweeps() throws {
        let result = try EnginePlace.shell(
            """
            base=/var/cache/isolab/lessons; left=$base/4194399
            mkdir -p $base/new/data $base/new/work; exec 8> $base/new/lock; flock 8; mv $base/new $left
            ISOLAB_DATA=$left/data "$isolab" image bootstrap busybox > /dev/null
            ISOLAB_DATA=$left/data "$isolab" run -d --name left busybox sleep 1000 8>&- > /dev/null
            pid=$(ISOLAB_DATA=$left/data "$isolab" inspect left --format '{{.State.Pid}}')
            exec 8>&-
            "$isolab" learn volumes --all > /dev/null; echo "status $?"
            ls -d $left 2>/dev/null || echo "gone"
            [ -e /proc/$pid ] || echo "ended"
            """)
        #expect(lines(result.output) == ["status 0", "gone", "ended"], "\(result.output)\(result.complaints)")
    }

    // MARK: - Exercises

    @Test(.enabled(if: canRun, "\(reason)"))
    func exercise() throws {
        let place = try Place()
        let result = try IsolabProgram.shell(
            """
            export ISOLAB_DATA=$place/data; "$isolab" image bootstrap busybox > /dev/null
            "$isolab" learn check volumes; echo "status $?"
            "$isolab" run --rm -v notes:/notes busybox touch /notes/first.txt
            "$isolab" learn check volumes; echo "status $?"
            "$isolab" learn check volumes --json | grep -cE '"succeeded" ?: ?true'
            """, in: place)
        #expect(result.output.contains("Hint: ") && result.output.contains("Done."), "\(result.output)")
        #expect(lines(result.output).filter { $0.hasPrefix("status") } == ["status 1", "status 0"], "\(result.output)")
        #expect(lines(result.output).last == "1")
    }

    // MARK: - As an ordinary user

    /// Every lesson runs; what cannot is said with its reason; nothing of it stays in the user's home.
    @Test(
        .enabled(if: OrdinaryUser.canBecome && canRun, "\(OrdinaryUser.reason), and images busybox-static"),
        .enabled(if: OrdinaryUser.hasHelpers, "the package uidmap is not installed"),
        arguments: ["process", "namespaces", "files", "limits", "privileges", "images", "volumes"])
    func ordinaryUser(name: String) throws {
        let result = try OrdinaryUser.shell(
            """
            "$isolab" learn \(name) --verify; echo "status $?"
            ls -A .cache/isolab | grep -c lessons || true
            """, in: Place())
        #expect(lines(result.output).suffix(2) == ["status 0", "0"], "\(result.output)\(result.complaints)")
        #expect(result.output.contains("✓"), "\(result.output)")
        if name != "limits" { #expect(result.output.contains(" 0 were left out"), "\(result.output)") }
    }

    /// Where limits cannot be his, the steps that need them say so, and the others are held.
    @Test(
        .enabled(if: OrdinaryUser.canBecome && canRun, "\(OrdinaryUser.reason), and images busybox-static"),
        .enabled(if: (try? CgroupLayout.detect())?.mode != .v2, "[host] on v2 a cgroup may be his"))
    func withoutLimits() throws {
        let result = try OrdinaryUser.shell("\"$isolab\" learn limits --all; echo \"status $?\"", in: Place())
        #expect(result.output.contains("8192") && result.output.contains("Left out: "), "\(result.output)")
        #expect(flat(result.output).contains("limits need root here"), "\(result.output)")
        #expect(lines(result.output).last == "status 0", "\(result.output)\(result.complaints)")
    }

    /// Without user namespaces nothing can run: that is said, with the remedy, and it is not a failure of the claims.
    @Test(.enabled(if: OrdinaryUser.canBecome && canRun, "\(OrdinaryUser.reason), and images busybox-static"))
    func refusedByTheHost() throws {
        let result = try OrdinaryUser.shell(
            """
            unshare --user --map-current-user --keep-caps sh -c 'echo 0 > /proc/sys/user/max_user_namespaces
                "$isolab" learn process --verify; echo "status $?"'
            ls -A .cache/isolab 2>/dev/null | grep -c lessons || true
            """, in: Place())
        #expect(result.output.contains("user.max_user_namespaces"), "\(result.output)\(result.complaints)")
        #expect(
            result.output.contains("0 of ") && lines(result.output).suffix(2) == ["status 0", "0"], "\(result.output)")
    }
}

extension String {
    /// Into how many pieces another text cuts it.
    fileprivate func components(of separator: String) -> Int {
        var count = 1
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
