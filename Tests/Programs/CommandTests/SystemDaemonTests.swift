import Glibc
import Linux
import RunRecord
import TestSupport
import Testing

/// Guests through a real system libvirtd, whose QEMU is another user and nobody's child that isolab knows.
@Suite(
    .serialized,
    .enabled(if: GuestLuckTests.hasGuests, "guests need isolab-vm and QEMU"),
    .enabled(if: LibvirtDaemon.isInstalled, "needs libvirtd: apt-get install libvirt-daemon"),
    .enabled(if: IsolabProgram.isRoot, "only root can start a system libvirtd"))
struct SystemDaemonTests {
    /// A Linux guest and the micro-guest are measured, start-up, processor time and memory; nothing of them stays.
    @Test func measures() throws {
        let place = try Place()
        let daemon = try LibvirtDaemon(in: place)
        let experiment = try place.write(
            """
            experiments:
              - kind: startup
                lanes: [vm, vm-micro]
                blocks: 1
                warmups: 0
              - kind: memory
                lanes: [vm]
                blocks: 1
                warmups: 0
                guest-instances: 1
            """, to: "experiment.yaml")
        let result = try IsolabProgram.run(["bench", experiment, "--connect", daemon.uri] + place.options, in: place)
        #expect(result.status == 0, "\(result.complaints)")
        let run = try Run.read(directory: "\(place.path)/run").run
        let counted = run.samples.filter { !$0.twin }
        #expect(counted.map(\.lane).sorted() == ["vm", "vm", "vm-micro"])
        #expect(counted.allSatisfy { $0.admitted }, "\(counted.map(\.reason))")
        for sample in counted where sample.experiment == "startup" {
            let names = sample.measurements.filter { $0.value > 0 }.map(\.metric)
            #expect(names.contains(Metric.startup) && names.contains(Metric.teardown), "\(sample.lane): \(names)")
            // No word of processor time: the daemon may reap its QEMU before anybody could read that clock.
        }
        let memory = try #require(counted.first { $0.experiment == "memory" })
        for metric in [Metric.memoryPSS, Metric.memoryCgroup] {
            let value = try #require(memory.measurements.first { $0.metric == metric }?.value)
            #expect(value > 16 * 1_048_576, "\(metric)")
        }
        // The record says through whom, and what cannot be seen.
        let configuration = try #require(run.manifest.lanes.first { $0.id == "vm" }?.configuration)
        #expect(configuration["version"]?.contains(daemon.uri) == true)
        #expect(configuration["not seen"]?.contains("exit status") == true)
        // The first screen of the report and of the terminal, too.
        let words = "started by a libvirt daemon, whose own processor time and memory are in no figure"
        #expect(run.manifest.warnings.contains { $0.contains(words) })
        #expect(place.read("run/report.md").contains(words))
        #expect(Processes.names(in: "\(place.path)/state/vm").isEmpty)
        #expect(Self.emulators(of: place).isEmpty)
        try Self.measuresForAnOrdinaryUser(daemon, in: place)
    }

    /// Where the daemon makes no cgroups QEMU's memory is in its own, and no sample of memory counts.
    @Test func memoryWithoutAnAccountIsRefused() throws {
        let place = try Place()
        let daemon = try LibvirtDaemon(in: place, configuration: "cgroup_controllers = []")
        let experiment = try place.write(
            "experiments:\n  - {kind: memory, lanes: [vm], blocks: 1, warmups: 0, guest-instances: 1}\n",
            to: "experiment.yaml")
        _ = try IsolabProgram.run(["bench", experiment, "--connect", daemon.uri] + place.options, in: place)
        let samples = try Run.read(directory: "\(place.path)/run").run.samples
        #expect(!samples.isEmpty && samples.allSatisfy { !$0.admitted }, "\(samples.map(\.reason))")
        #expect(samples.allSatisfy { $0.reason.contains("gave it no memory cgroup of its own") })
    }

    /// Whoever the daemon admits needs no root: QEMU is a third user to both.
    private static func measuresForAnOrdinaryUser(_ daemon: LibvirtDaemon, in place: Place) throws {
        let result = try IsolabProgram.shell(
            """
            mkdir bin home runtime && cp "${isolab%/*}"/isolab "${isolab%/*}"/isolab-vm "${isolab%/*}"/isolab-workload bin
            chown 65534:65534 home runtime && chmod 700 home runtime && cd home
            export HOME="$PWD" XDG_RUNTIME_DIR="$place/runtime" XDG_CACHE_HOME="$PWD/cache"
            exec setpriv --reuid 65534 --regid 65534 --clear-groups \
                "$place/bin/isolab" launch vm-micro --connect '\(daemon.uri)'
            """, in: place)
        #expect(result.status == 0, "\(result.complaints)")
        #expect(Processes.names(in: "\(place.path)/runtime/isolab/vm").isEmpty)
    }

    /// After `kill -9` of isolab and isolab-vm the daemon ends the guest by itself, and the next start removes the rest. The
    /// state directory is one where no other user gets to: guest and host meet elsewhere.
    @Test func killed() throws {
        let place = try Place()
        let daemon = try LibvirtDaemon(in: place)
        try retryingOnInterrupt("mkdir", place.path) { mkdir("\(place.path)/private", 0o700) }
        let state = "\(place.path)/private/state"
        let isolab = try Self.startIdleGuest(daemon, state: state, in: place)
        let directory = try #require(Processes.names(in: "\(state)/vm").first)
        let meetingPlace = Place.text("\(state)/vm/\(directory)/meeting-place")
        #expect(access(meetingPlace, F_OK) == 0)
        try Self.kill(isolab)
        #expect(Eventually.comes { Self.emulators(of: place, state: state).isEmpty })
        let cleaning = try IsolabProgram.run(["doctor", "--clean", "--state-directory", state], in: place)
        #expect(cleaning.status == 0, "\(cleaning.complaints)")
        #expect(Processes.names(in: "\(state)/vm").isEmpty)
        #expect(access(meetingPlace, F_OK) != 0)
    }

    /// A daemon that crashed while isolab was killed has forgotten to end the guest: the next start asks it to, at the URI the
    /// guest was started through.
    @Test func killedBesideTheDaemon() throws {
        let place = try Place()
        // On a host with both versions of cgroups a libvirtd that starts again cannot read its guests', and kills them.
        let daemon = try LibvirtDaemon(in: place, configuration: "cgroup_controllers = []")
        let state = "\(place.path)/state"
        let isolab = try Self.startIdleGuest(daemon, state: state, in: place)
        // Stopped first: an isolab that saw its daemon crash would end the guest itself.
        try Self.signal(SIGSTOP, isolab)
        try daemon.crash()
        try Self.kill(isolab)
        #expect(!Self.emulators(of: place).isEmpty)
        let cleaning = try IsolabProgram.run(["doctor", "--clean", "--state-directory", state], in: place)
        #expect(cleaning.status == 0, "\(cleaning.complaints)")
        #expect(cleaning.output.contains("released guest isolab-"), "\(cleaning.output)\(place.read("daemon/log"))")
        #expect(Eventually.comes { Self.emulators(of: place).isEmpty })
        #expect(Processes.names(in: "\(state)/vm").isEmpty)
    }

    /// `isolab launch vm -- ready`, left when libvirt has started the guest.
    private static func startIdleGuest(
        _ daemon: LibvirtDaemon, state: String, in place: Place
    ) throws -> RunningProcess {
        let isolab = try IsolabProgram.start(
            ["launch", "vm", "--connect", daemon.uri, "--state-directory", state, "--", "ready"], in: place)
        guard Eventually.comes({ daemon.hasRunningGuest }) else {
            try isolab.kill()
            throw SystemError("start", "a guest", errno: ETIMEDOUT)
        }
        return isolab
    }

    /// Ends isolab and its isolab-vm at once, as the kernel would for want of memory.
    private static func kill(_ isolab: RunningProcess) throws {
        try signal(SIGKILL, isolab)
        _ = try isolab.wait(for: "isolab", within: 60)
    }

    private static func signal(_ signal: Int32, _ isolab: RunningProcess) throws {
        let driver = try Procfs.descendants(of: isolab.pid).filter { Processes.name(of: $0) == "isolab-vm" }
        for pid in driver { Glibc.kill(pid, signal) }
        try isolab.kill(signal)
    }

    /// QEMU's processes that use the test's directory, or where its state directory says that they do.
    private static func emulators(of place: Place, state: String = "") -> [Int32] {
        let places = Processes.names(in: "\(state)/vm").map { Place.text("\(state)/vm/\($0)/meeting-place") }
        return ([place.path] + places.filter { !$0.isEmpty }).flatMap { Processes.naming($0) }.filter {
            Processes.name(of: $0).hasPrefix("qemu-system") && !Place.text("/proc/\($0)/stat").contains(") Z ")
        }
    }
}
