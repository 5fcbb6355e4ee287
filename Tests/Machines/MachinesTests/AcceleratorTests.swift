import Foundation
import Linux
import Testing

@testable import Machines

@Suite struct AcceleratorTests {
    private static func completed(nanoseconds: UInt64) -> AcceleratorFacts.Run {
        AcceleratorFacts.Run(exitReason: 5, result: 0x5a, nanoseconds: nanoseconds)
    }

    /// Hardware: everything runs, fast.
    @Test func hardware() {
        let report = AcceleratorFacts(
            realMode: Self.completed(nanoseconds: 60_000), protectedMode: Self.completed(nanoseconds: 30_000),
            pagedMode: Self.completed(nanoseconds: 30_000)
        ).verdict()
        #expect(report.kind == .kvm)
        #expect(report.forLinux == .kvm && report.forMicroGuest == .kvm)
        #expect(report.remedy == nil)
    }

    /// The same inside a guest is another kind: its exits cost more, and the reader is told.
    @Test func nested() {
        let report = AcceleratorFacts(
            realMode: Self.completed(nanoseconds: 200_000), protectedMode: Self.completed(nanoseconds: 90_000),
            pagedMode: Self.completed(nanoseconds: 90_000), isGuest: true
        ).verdict()
        #expect(report.kind == .nestedKVM)
        #expect(report.bootsStockKernel)
    }

    /// A slow first entry on a busy machine does not condemn hardware whose paging works.
    @Test func busyHardware() {
        let report = AcceleratorFacts(
            realMode: Self.completed(nanoseconds: 6_000_000), protectedMode: Self.completed(nanoseconds: 30_000),
            pagedMode: Self.completed(nanoseconds: 30_000)
        ).verdict()
        #expect(report.bootsStockKernel)
    }

    /// Recorded on a kvm-pvm host: opens, emulates at two million instructions a second, no 32-bit paging.
    @Test func pagetableVirtualisation() {
        let report = AcceleratorFacts(
            realMode: Self.completed(nanoseconds: 19_000_000), protectedMode: Self.completed(nanoseconds: 9_000_000),
            pagedMode: AcceleratorFacts.Run(exitReason: 8, result: 0, nanoseconds: 40_000), supportsSSE3: false,
            hasVirtualisationFlag: false, isGuest: true, hasPVMModule: true
        ).verdict()
        #expect(report.kind == .pvm)
        #expect(report.forLinux == .tcg)
        #expect(report.forMicroGuest == .kvm)
        #expect(report.reason.contains("2.1 million instructions a second"))
        #expect(report.reason.contains("32-bit paging shuts the vCPU down"))
        #expect(report.hints.contains { $0.contains("kvm_pvm") })
        #expect(report.hints.contains { $0.contains("SSE3") })
    }

    /// No device, no permission, a device that makes no machine, a device that hangs: each says why and what to do.
    @Test func absences() {
        let missing = AcceleratorFacts(openError: ENOENT, hasVirtualisationFlag: true).verdict()
        #expect(missing.kind == .none && missing.forMicroGuest == .tcg)
        #expect(missing.remedy?.contains("modprobe") == true)
        let forbidden = AcceleratorFacts(openError: EACCES).verdict()
        #expect(forbidden.remedy?.contains("group") == true)
        let guest = AcceleratorFacts(openError: ENOENT, hasVirtualisationFlag: false, isGuest: true).verdict()
        #expect(guest.remedy?.contains("nested") == true)
        let broken = AcceleratorFacts(setupError: ENODEV).verdict()
        #expect(broken.kind == .none && broken.reason.contains("creates no virtual machine"))
        let hung = AcceleratorFacts(
            endedBySignal: 14, protectedMode: Self.completed(nanoseconds: 1)
        ).verdict()
        #expect(hung.kind == .none && !hung.runsMicroGuest && hung.reason.contains("hung"))
        #expect(hung.remedy?.contains("try again") == true)
        let spinning = AcceleratorFacts(endedBySignal: SIGPROF).verdict()
        #expect(spinning.kind == .none && spinning.reason.contains("processor time") && spinning.remedy == nil)
    }

    /// What a bad moment may have caused is asked again, and told; what the device itself says is not.
    @Test func doubts() {
        #expect(AcceleratorFacts(endedBySignal: SIGALRM).doubt?.contains("no progress") == true)
        #expect(AcceleratorFacts(setupError: ENOMEM).doubt != nil && AcceleratorFacts(openError: EMFILE).doubt != nil)
        #expect(AcceleratorFacts(endedBySignal: SIGPROF).doubt == nil)
        for error in [ENOENT, EACCES, ENODEV] { #expect(AcceleratorFacts(openError: error).doubt == nil) }
        let told = AcceleratorFacts(
            doubts: ["guest code made no progress"], realMode: Self.completed(nanoseconds: 60_000),
            protectedMode: Self.completed(nanoseconds: 30_000), pagedMode: Self.completed(nanoseconds: 30_000)
        ).verdict()
        #expect(told.bootsStockKernel)
        #expect(told.hints.first == "answer 1 was not reliable, so the probe was repeated: guest code made no progress")
    }

    /// A host that leaves the probe a hundredth of a processor gives the same verdict: what counts is the processor time that guest
    /// code took, not the seconds that went by.
    @Test(.enabled(if: Throttle.isAvailable, "[host] needs root, a cpu controller of v1 and /dev/kvm")) func busyHost()
        throws
    {
        let quiet = AcceleratorFacts.gather()
        let busy = try Throttle.run { AcceleratorFacts.gather() }
        #expect(busy.endedBySignal == 0 && busy.realMode?.completed == quiet.realMode?.completed)
        let verdicts = (quiet.verdict(), busy.verdict())
        #expect(verdicts.0.kind == verdicts.1.kind && verdicts.0.forLinux == verdicts.1.forLinux)
        #expect(verdicts.0.forMicroGuest == verdicts.1.forMicroGuest)
    }

    /// On this host the probe comes back with a verdict that its own facts support, whatever they are.
    @Test func here() {
        let facts = AcceleratorFacts.gather()
        let report = facts.verdict()
        #expect((facts.openError == 0) == (access("/dev/kvm", R_OK | W_OK) == 0))
        if report.bootsStockKernel { #expect(facts.pagedMode?.completed == true) }
        if facts.openError == 0 && facts.setupError == 0 { #expect(facts.realMode?.exitReason == 5) }
        #expect(report.tscKilohertz > 100_000)
    }

    /// A path that is no KVM device is refused without harm.
    @Test func notADevice() {
        #expect(AcceleratorReport.probe(device: "/dev/null").kind == .none)
        #expect(AcceleratorReport.probe(device: "/nonexistent").reason.contains("cannot be opened"))
    }
}

/// A thread of its own with a hundredth of a processor, and so all that it starts.
private enum Throttle {
    private static let hierarchy = (try? CgroupLayout.detect())?.hierarchy(of: "cpu")
    static let isAvailable = geteuid() == 0 && hierarchy?.version == 1 && access("/dev/kvm", R_OK | W_OK) == 0

    static func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) throws -> Result {
        let hierarchy = try #require(hierarchy)
        let cgroup = try Cgroup.create(
            named: "throttle-\(getpid())", limits: CgroupLimits(cpuQuota: 2_000, cpuPeriod: 200_000),
            layout: CgroupLayout(hierarchies: [hierarchy]))
        // Removed, not ended: as long as a thread is in it, all of this process counts as inside, and would be killed.
        defer { try? cgroup.remove() }
        let tasks = try #require(cgroup.directories.first).path + "/tasks"
        let home = hierarchy.mountPoint + (hierarchy.ownPath == "/" ? "" : hierarchy.ownPath) + "/tasks"
        let result = Waitable<Swift.Result<Result, any Error>?>(nil)
        BackgroundThread.start {
            // "0" is the writing thread.
            let made = Swift.Result {
                try SystemFile.write("0", to: tasks)
                defer { try? SystemFile.write("0", to: home) }
                return body()
            }
            result.update { $0 = made }
        }
        return try #require(result.wait(.seconds(120)) { $0 }).get()
    }
}
