import Glibc
import Linux
import RunRecord
import Testing

@testable import Lab

/// Real sandboxes: what isolates is seen to, and what only says so is refused.
struct IsolationTests {
    /// Every lane of processes stands the look from outside, and what is seen is what the report will say.
    @Test(arguments: ["native"] + Tools.processLanes) func seenFromOutside(_ id: String) throws {
        let trial = try LaneTrial()
        let (lane, _) = try trial.prepare(id)
        var witness = IsolationWitness(lane: lane, laboratory: trial.laboratory, deadlineSeconds: 20)
        witness.hasNeighbour = true
        let harness = try #require(trial.laboratory.harness)
        let seen = try witness.look().get()
        let phrases = ObservedPhrases.of(seen, harness)
        #expect(phrases.isEmpty == (id == "native"), "\(phrases)")
        if id.hasPrefix("container") || id == "oci:crun" || id == "oci:runc" {
            #expect(seen.seccompMode == (id == "container-noseccomp" ? harness.seccompMode : 2))
            #expect(phrases.contains { $0.contains("pid") && $0.contains("net") }, "\(phrases)")
            #expect(phrases.contains { $0.hasPrefix("a root of its own") }, "\(phrases)")
        }
        #expect(trial.remains() == [])
    }

    /// A plain process that claims to be a container: launched and recorded like all others, never admitted, in no run.
    @Test(.enabled(if: Tools.isRoot, "declares what needs root")) func pretender() throws {
        let place = try Place()
        let (run, recorder) = try place.run(
            """
            name: pretender
            seed: 3
            exploratory: true
            experiments:
              - {kind: startup, lanes: [native, pretender], blocks: 3, warmups: 1}
            """)
        let claimed = run.samples.filter { $0.lane == "pretender" }
        #expect(claimed.count == 4)
        for sample in claimed {
            #expect(!sample.admitted)
            #expect(sample.reason.contains("the host's pid namespace"), "\(sample.reason)")
            #expect(sample.reason.contains("seccomp mode"), "\(sample.reason)")
            #expect(sample.reason.contains("the host's root"), "\(sample.reason)")
        }
        #expect(run.samples.filter { $0.lane == "native" }.allSatisfy { $0.admitted })
        #expect(recorder.notes.contains { $0.contains("pretender") && $0.contains("rejected") })
        let native = try #require(run.manifest.lanes.first { $0.id == "native" })
        #expect(native.observed == [])
        #expect(run.manifest.lanes.first { $0.id == "pretender" }?.observed == nil)
    }

    /// Runtimes that isolate nothing, only mounts, or all but system calls: found out before anything is measured.
    @Test(
        .enabled(if: Tools.isRoot && HostProgram.path(of: "crun") != nil, "needs root and crun"),
        arguments: [
            ("nothing", "the host's pid namespace"), ("mounts", "the host's pid namespace"),
            ("unfiltered", "seccomp mode"), ("unlimited", "its memory is limited to"),
            ("unmasked", "nothing is mounted over"), ("crowded", "its processes are limited to no number"),
            ("tireless", "its processor time is limited to no number"),
            ("unmounted", "nothing is mounted on /dev/mqueue"),
            ("forged", "no process of the sandbox runs the workload's file"),
            ("permissive", "its filter lets add_key through"), ("early", "somebody stands between"),
            ("sharing", "sandboxes that live at once share their net namespace"),
        ])
    func liars(_ kind: String, _ words: String) throws {
        let trial = try LaneTrial()
        let program = try trial.liar(kind)
        let entry = try LaneCatalogue.entry("oci:crun")
        var command = RuntimeCommandLane.Command.crun
        command.program = program
        let lane = RuntimeCommandLane(entry, trial.laboratory, command)
        defer { lane.close() }
        do {
            _ = try lane.prepare()
            // What says all the right words is only found out by looking at it.
            var witness = IsolationWitness(lane: lane, laboratory: trial.laboratory, deadlineSeconds: 20)
            witness.hasNeighbour = kind == "sharing"
            let refusal = try #require(throws: IsolationWitness.Refusal.self) { try witness.look().get() }
            #expect(refusal.reason.contains(words), "\(refusal.reason)")
        } catch let error as LabError {
            #expect("\(error)".contains(words), "\(error)")
        }
        lane.close()
        if kind == "sharing" { _ = umount2("\(trial.place.path)/liars/net", Int32(MNT_DETACH)) }
        #expect(trial.remains() == [])
    }

    /// Rules of devices can be seen on cgroup v1 alone.
    @Test(
        .enabled(
            if: Tools.isRoot && HostProgram.path(of: "crun") != nil
                && (try? CgroupLayout.detect())?.hierarchy(of: "devices") != nil,
            "[host] needs root, crun and the device controller of cgroup v1"))
    func devicesOfALiar() throws { try liars("open", "it may open every device") }

    /// A program that only has a runtime's name is none, before anything is measured of it.
    @Test(arguments: ["/bin/false", "/bin/true"]) func otherProgramsAreNoRuntimes(_ path: String) throws {
        let trial = try LaneTrial()
        var command = RuntimeCommandLane.Command.crun
        command.program = path
        let lane = RuntimeCommandLane(try LaneCatalogue.entry("oci:crun"), trial.laboratory, command)
        #expect(!lane.availability().isAvailable)
        #expect(lane.availability().reason.contains("does not say its version"))
        lane.close()
        #expect(trial.remains() == [])
    }
}

extension LaneTrial {
    /// What a liar leaves out of its configuration.
    private static let dropped = [
        "unlimited": "memory", "unmasked": "maskedPaths", "crowded": "pids", "tireless": "cpu", "open": "devices",
    ]

    /// A program called as crun is, that lies: a shell script of this test's own place.
    func liar(_ kind: String) throws -> String {
        let directory = "\(place.path)/liars"
        try SystemFile.makeDirectories(directory)
        let path = "\(directory)/crun"
        let workload = laboratory.image.workload
        let real = HostProgram.path(of: "crun") ?? "crun"
        // The last word is the container's name, the one after --bundle its directory; config.json is one line.
        let head = """
            #!/bin/sh
            for word; do [ "$last" = --bundle ] && bundle=$word; [ "$word" = run ] && runs=1; last=$word; done
            [ "$runs" ] || exec '\(real)' "$@"
            words() { tr -d '"\\\\' < "$bundle/config.json" | grep -o 'args:\\[/isolab-workload[^]]*' | tr , ' ' | cut -d ' ' -f 2-; }

            """
        let body =
            switch kind {
            case "nothing": "exec '\(workload)' $(words)\n"
            case "mounts": "exec unshare -m '\(workload)' $(words)\n"
            case "unfiltered":
                """
                sed -i 's/"seccomp":/"was":/' "$bundle/config.json"
                exec '\(real)' "$@"

                """
            case "unlimited", "unmasked", "crowded", "tireless", "open":
                """
                sed -i 's/"\(Self.dropped[kind] ?? kind)":/"was":/' "$bundle/config.json"
                exec '\(real)' "$@"

                """
            case "unmounted":
                """
                sed -i 's,/mqueue",/elsewhere",' "$bundle/config.json"
                exec '\(real)' "$@"

                """
            case "permissive":
                """
                sed -i 's/"defaultErrnoRet":[0-9]*,//;s/"defaultAction":"SCMP_ACT_ERRNO"/"defaultAction":"SCMP_ACT_ALLOW"/' "$bundle/config.json"
                exec '\(real)' "$@"

                """
            case "early":
                // Its hello comes before anything is begun; the workload's own is swallowed.
                """
                nonce=$(words | sed 's/.*--nonce \\([0-9a-f]*\\).*/\\1/')
                echo "hello 1 $nonce $(words | grep -o '[a-z]*$')"
                '\(real)' "$@" | grep --line-buffered -v '^hello'

                """
            case "sharing":
                // A network namespace is made once and joined by every container.
                """
                [ -e '\(directory)/net' ] || { touch '\(directory)/net'; unshare --net='\(directory)/net' true; }
                sed -i 's,{"type":"network"},{"type":"network"\\,"path":"\(directory)/net"},' "$bundle/config.json"
                exec '\(real)' "$@"

                """
            default:
                // It says of itself what a true container says, because one said it: that one is gone by then.
                """
                '\(real)' "$@" < /dev/null > "$bundle/said"
                grep -v '^done' "$bundle/said"
                cat > /dev/null
                grep '^done' "$bundle/said"

                """
            }
        try Files.write(head + body, to: path, mode: 0o755)
        return path
    }
}
