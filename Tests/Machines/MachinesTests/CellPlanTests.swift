import Linux
import Testing

@testable import Machines

/// Who the processes of a guest are, and what they do on their way in: pure values.
@Suite struct CellPlanTests {
    private static let everything: [Range<UInt32>] = [0..<UInt32.max]

    private static func identity(
        _ user: UInt32, isHostRoot: Bool = false, users: [Range<UInt32>] = everything, denies: Bool = false,
        needsOwnGroups: Bool = false
    ) -> CellIdentity {
        CellIdentity(
            CellIdentity.Facts(
                numbers: .init(user: user, group: user), isHostRoot: isHostRoot, users: users, groups: users,
                deniesSetGroups: denies, needsOwnGroups: needsOwnGroups))
    }

    /// The host's root starts nothing as root: two users of a range that nobody else has, in one line of a map.
    @Test func root() {
        let identity = Self.identity(0, isHostRoot: true)
        #expect(identity.isApart && !identity.isBornInside)
        #expect(identity.maps.users == "0 1879048192 134217729\n" && identity.maps.groups == identity.maps.users)
        #expect(identity.driverOutside.user == 1_879_048_192 && identity.emulatorOutside.user == 2_013_265_920)
        #expect(identity.emulator.user == 134_217_728)
    }

    /// Root of a user namespace has QEMU run as the last of its ids, where there is one beside its own.
    @Test func rootOfUserNamespace() {
        let many = Self.identity(0, users: [0..<1, 1..<65537])
        #expect(many.isApart && many.maps.users == "0 0 1\n1 1 65536\n" && many.emulatorOutside.user == 65536)
        for alone in [
            Self.identity(0, users: [0..<1], denies: true), Self.identity(0, users: [0..<1, 1..<65537], denies: true),
            Self.identity(0, users: [0..<1, 1..<65537], needsOwnGroups: true),
        ] {
            #expect(!alone.isApart && alone.maps.users == "1 0 1\n" && alone.maps.deniesSetGroups)
            #expect(alone.driver.user == 1 && alone.driverOutside.user == 0)
        }
    }

    /// An ordinary user is himself, and must be born inside.
    @Test func ordinaryUser() {
        let identity = Self.identity(1000)
        #expect(identity.isBornInside && !identity.isApart && identity.maps.users == "1000 1000 1\n")
    }

    /// However it is started, a program has lost every privilege before it runs, and QEMU every capability.
    @Test(arguments: [true, false], [0, 1000] as [UInt32]) func privileges(isEmulator: Bool, user: UInt32) throws {
        let identity = Self.identity(user, isHostRoot: user == 0)
        let program = CellPlan.Program(path: "/usr/bin/true", arguments: ["a"], environment: [], isEmulator: isEmulator)
        let plan = CellPlan(
            program, identity: identity, view: CellView(directory: "/d", reads: []), hasKVM: true)
        #expect(plan.namespaces.isSuperset(of: [.mount, .pid, .network, .ipc, .uts]))
        #expect(plan.namespaces.contains(.user) == (user != 0))
        #expect(plan.steps.contains(.unshare(.cgroup)))
        let steps = Array(plan.steps.suffix(7))
        #expect(user != 0 || plan.steps.dropLast(7).last == .joinNamespace(CellPlan.userNamespace, .user))
        let kept: CapabilitySet = isEmulator || user != 0 ? [] : CellPlan.driversCapabilities
        #expect(steps[0] == .limitBoundingSet(to: kept))
        #expect(steps[3] == .setUser(isEmulator ? identity.emulator.user : identity.driver.user))
        #expect(steps[4] == .setCapabilities(effective: kept, permitted: kept, inheritable: []))
        #expect(steps[5] == .noNewPrivileges)
        #expect(
            steps[6] == .execute(candidates: ["/usr/bin/true"], arguments: ["/usr/bin/true", "a"], environment: []))
        #expect(!CellPlan.driversCapabilities.contains(CapabilitySet(named: "SYS_ADMIN") ?? []))
    }

    /// A cell whose guests have network devices has the file by which these are opened, which is its driver's; no other has it.
    @Test func tapDevices() {
        func devices(_ user: UInt32, opensTaps: Bool) -> [ChildStep] {
            let identity = Self.identity(user, isHostRoot: user == 0)
            let program = CellPlan.Program(path: "/usr/bin/true", arguments: [], environment: [], isEmulator: false)
            return CellPlan(
                program, identity: identity, view: CellView(directory: "/d", reads: []), hasKVM: false,
                opensTaps: opensTaps
            ).steps.filter {
                if case .makeDevice = $0 { return true }
                return false
            }
        }
        #expect(devices(0, opensTaps: false).isEmpty && devices(1000, opensTaps: true).isEmpty)
        #expect(
            devices(0, opensTaps: true) == [
                .makeDevice(
                    path: "/dev/net/tun", mode: 0o020600, major: 10, minor: 200, user: 1_879_048_192,
                    group: 1_879_048_192)
            ])
        #expect(!GuestNeeds().limits.deviceRules.contains(GuestNeeds.tun))
    }

    /// What is read is read-only, and a path inside another that is shown already is not bound twice.
    @Test func view() {
        let view = CellView(directory: "/nonexistent", reads: ["/usr/bin/env", "/etc", "/absent"])
        let (binds, links) = view.contents(program: "/usr/bin/true")
        #expect(binds.contains { $0.source == "/usr" && $0.isDirectory })
        #expect(!binds.contains { $0.source == "/usr/bin/env" || $0.source == "/absent" || $0.source == "/home" })
        #expect(binds.contains { $0.source == "/etc" })
        #expect(links.allSatisfy { !$0.target.isEmpty })
    }

    /// A guest's limits are its memory and what QEMU needs beside it, and devices by name; they add up.
    @Test func needs() {
        var sum = GuestNeeds()
        let none = sum.limits
        sum.add(GuestNeeds(memoryMiB: 128, vcpus: 1, guests: 1))
        sum.add(GuestNeeds(memoryMiB: 512, vcpus: 4, guests: 1))
        #expect(sum.limits.memory == UInt64(512 + 640 + 2 * 1280) << 20 && sum.limits.cpuQuota == 700_000)
        #expect(sum.limits.deviceRules.first == .init(allow: false) && sum.limits.deviceRules.count == 7)
        sum.subtract(GuestNeeds(memoryMiB: 128, vcpus: 1, guests: 1))
        sum.subtract(GuestNeeds(memoryMiB: 512, vcpus: 4, guests: 1))
        #expect(sum.limits == none)
    }

    /// The run path of a program is read out of it; what is no program, or cut anywhere, has none.
    @Test func libraries() throws {
        let file = try SystemFile.bytes(of: "/proc/self/exe")
        #expect(!SharedLibraryPaths.runPath(in: file).isEmpty)
        for length in [0, 4, 63, 64, 100, 1000, 4000] { _ = SharedLibraryPaths.runPath(in: Array(file.prefix(length))) }
        #expect(SharedLibraryPaths.runPath(in: Array("#!/bin/sh\n".utf8)).isEmpty)
        #expect(SharedLibraryPaths.of("/bin/sh").isEmpty)
    }
}
