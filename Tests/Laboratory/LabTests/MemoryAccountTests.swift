import Glibc
import Linux
import RunRecord
import Testing

@testable import Lab

/// All of a sandbox is in its account, or its sample does not count.
@Suite struct MemoryAccountTests {
    private static let outermost: String? = {
        guard let hierarchy = (try? CgroupLayout.detect())?.hierarchy(of: "memory") else { return nil }
        let path = "\(hierarchy.mountPoint)/cgroup.procs"
        return access(path, W_OK) == 0 ? path : nil
    }()

    /// A lane whose helper moves itself out is refused by the helper's name, its place and what it holds; without that it counts. In a
    /// process of its own: whoever adopts orphans takes every child for one that a sandbox left, and other tests have children, too.
    @Test(
        .enabled(if: Tools.isRoot && outermost != nil, "needs root and a memory hierarchy that may be written"),
        .timeLimit(.minutes(2)))
    func strayIsRefused() async {
        await #expect(processExitsWith: .success) {
            let list = try #require(MemoryAccountTests.outermost)
            let trial = try LaneTrial { options, _ in options.adoptsOrphans = true }
            let lane = try trial.prepare("native").lane
            try trial.laboratory.watchOrphans()
            func sample(_ injection: [String]) -> SampleResult {
                let part = Experiment.Part(
                    kind: MemoryExperiment.id, workload: "ready", lanes: ["native"], blocks: 1, instances: 2,
                    settleMilliseconds: 0)
                return MemoryExperiment.sample(
                    SampleSlot(lane: lane, part: part, twin: false, warmup: false, injection: injection),
                    in: trial.laboratory)
            }
            let taken = sample(["--stray", list])
            #expect(!taken.admitted)
            #expect(
                taken.reason.contains("KiB of it are not in its account: isolab-workload (process "), "\(taken.reason)")
            #expect(taken.reason.components(" in /") == 3, "\(taken.reason)")
            let daemon = sample(["--daemon-touch", "1"])
            #expect(daemon.reason == "")
            #expect(trial.remains() == [])
        }
    }

    /// Containers and other runtimes keep all of theirs.
    @Test(
        .enabled(if: Tools.isRoot, "containers need root"), .timeLimit(.minutes(2)),
        arguments: ["container"] + Tools.processLanes.filter { $0.hasPrefix("oci:") || $0 == "bwrap" })
    func lanesKeepTheirs(_ id: String) throws {
        let trial = try LaneTrial()
        let taken = trial.sample(try trial.prepare(id).lane, MemoryExperiment.self, instances: 2)
        #expect(taken.reason == "")
        #expect(trial.remains() == [])
    }

    /// An emulator that somebody else put elsewhere, as systemd-machined does: what is below the account is in it, what has a like name
    /// is not, and what has ended is nowhere.
    @Test(.enabled(if: Tools.isRoot && outermost != nil, "needs root and a memory hierarchy that may be written"))
    func placesAreHeldAgainstAccounts() throws {
        let own = try #require(MemoryAccount.directory(of: getpid()))
        #expect(MemoryAccount.objection([getpid()], accounts: [own]) == nil)
        #expect(MemoryAccount.objection([getpid()], accounts: []) == nil)
        #expect(MemoryAccount.objection([getpid()], accounts: [own + "-other"])?.contains("in \(own)") == true)
        #expect(MemoryAccount.objection([999_999_999], accounts: ["/nowhere"]) == nil)
        let cgroup = try #require(try AccountingCgroup("isolab-account-test-\(getpid())"))
        let machine = try #require(try AccountingCgroup("isolab-account-test-\(getpid())-machine"))
        let account = try #require(MemoryAccount.directory(of: cgroup.cgroup))
        let process = try ProcessPlan("/bin/sleep", ["60"]).spawn(in: cgroup.cgroup)
        defer {
            try? process.kill()
            _ = try? process.wait()
        }
        #expect(MemoryAccount.objection([process.pid], accounts: [account]) == nil)
        let loan = try machine.borrow(process.pid)
        let words = try #require(MemoryAccount.objection([process.pid], accounts: [account]))
        #expect(words.contains("sleep (process \(process.pid)) in \(account)-machine"))
        loan.giveBack()
        try process.kill()
        _ = try process.wait()
        try cgroup.remove()
        try machine.remove()
    }
}

extension String {
    /// Into how many pieces a word parts it.
    fileprivate func components(_ word: String) -> Int { split(separator: word).count }
}

/// Guests of a libvirt daemon are marked on the first screen: the daemon itself is in no account.
@Suite struct DaemonsGuestsTests {
    @Test func areNamed() throws {
        var seen = LaneRecord(id: "vm", title: "guest", kind: .guest)
        #expect(ManifestBuilder.daemonsGuests([seen]) == nil)
        seen.configuration["not seen"] = "what the libvirt daemon itself uses"
        var absent = seen
        absent.id = "vm-q35"
        absent.available = false
        let words = try #require(
            ManifestBuilder.daemonsGuests([LaneRecord(id: "native", title: "", kind: .native), seen, absent]))
        #expect(words.hasPrefix("vm: started by a libvirt daemon"))
    }
}
