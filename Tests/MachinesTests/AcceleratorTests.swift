import Foundation
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
        #expect(broken.kind == .none && broken.reason.contains("makes no machine"))
        let hung = AcceleratorFacts(
            endedBySignal: 14, protectedMode: Self.completed(nanoseconds: 1)
        ).verdict()
        #expect(hung.kind == .none && !hung.runsMicroGuest && hung.reason.contains("hung"))
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
