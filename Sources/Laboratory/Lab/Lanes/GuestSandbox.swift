import Linux
import Machines
import RunRecord

/// A guest: its channel is read by the driver's thread, its end is QEMU's.
final class GuestSandbox: Sandbox {
    private let guest: RunningGuest
    private let guests: SharedGuests
    private let cgroup: AccountingCgroup?
    private let cleanUp: () -> Void
    private let accelerator: Accelerator
    private let hasKernel: Bool
    private let helperBefore: UInt64
    private var end: GuestEnd?
    private(set) var cpuNanoseconds: UInt64?
    private var released: UInt64?

    /// - Parameter hasKernel: whether what runs there is an operating system's kernel, and called so.
    init(
        _ domain: Domain, _ request: LaunchRequest, _ guests: SharedGuests, throughLibvirt: Bool,
        hasKernel: Bool = true,
        cleanUp: @escaping () -> Void = {}
    ) throws {
        self.guests = guests
        self.hasKernel = hasKernel
        self.cleanUp = cleanUp
        accelerator = domain.accelerator
        do {
            if throughLibvirt {
                // QEMU is born in the cgroup of isolab-vm, which is lent to the sandbox's for the moment of the launch; a
                // daemon puts its own where it likes.
                let isAccounted = request.accounted && !guests.driver.isForeign
                let cgroup = isAccounted ? try AccountingCgroup(request.name, limits: domain.needs.limits) : nil
                self.cgroup = cgroup
                let loan = try cgroup?.borrow(guests.driver.pid)
                defer { loan?.giveBack() }
                helperBefore = guests.helperTime
                // The harness keeps the deadline; the driver's own is for when the harness itself is stuck.
                guest = try guests.driver.start(
                    domain, deadline: .seconds(request.deadlineSeconds + 5), countsExits: request.countsExits)
            } else {
                cgroup = nil
                helperBefore = guests.helperTime
                let arguments = try guests.driver.arguments(for: domain)
                guest = try guests.driver.startWithoutLibvirt(
                    domain, arguments: arguments, countsExits: request.countsExits)
            }
        } catch {
            cleanUp()
            throw error
        }
    }

    var launched: UInt64 { guest.launch }

    func hear(_ transcript: inout Transcript, until deadline: UInt64) -> Hearing {
        let now = HostClock.now()
        let wait = deadline > now ? Duration.nanoseconds(Int64(deadline - now)) : .zero
        if let line = guest.nextLine(timeout: wait) {
            transcript.append(line: line.text, begun: line.begun, ended: line.ended)
            return .heard
        }
        return HostClock.now() < deadline ? .closed : .quiet
    }

    func waitForEnd(until deadline: UInt64) -> Termination? {
        if end == nil {
            let now = HostClock.now()
            let wait = deadline > now ? Duration.nanoseconds(Int64(deadline - now)) : .zero
            end = guest.waitForEnd(timeout: wait)
        }
        if let lost = guest.lost { return .failed("the guest's driver ended: \(lost)") }
        guard let end else { return nil }
        if guest.missedDeadline { return .failed("the guest never said anything and was destroyed") }
        return end.status > 128 ? .signalled(number: end.status - 128) : .exited(status: end.status)
    }

    func endIdle() { try? guest.kill() }
    func kill() { try? guest.kill() }

    func release() throws {
        defer { cleanUp() }
        try guest.release()
        if let used = end?.processorTime { cpuNanoseconds = used + (guests.helperTime - helperBefore) }
        try cgroup?.remove()
        // Domain, process, channel and cgroup are gone.
        released = HostClock.now()
    }

    var instants: [Instant] {
        let timeline = guest.timeline
        var instants: [Instant] = []
        func add(_ name: String, _ at: UInt64?) { if let at { instants.append(Instant(name: name, at: at)) } }
        add("spawned", timeline.spawned)
        add("connected", timeline.connected)
        add("resumed", timeline.resumedBeforeSpeaking)
        add("ended", timeline.shutdown ?? timeline.reaped)
        add("reaped", timeline.reaped)
        add(EventName.released, released)
        return instants
    }

    var stretches: [Stretch] {
        guest.phases.map {
            let isKernels = $0.actor == "guest kernel"
            return Stretch(
                name: isKernels && !hasKernel && $0.name == "firmware and kernel" ? "firmware" : $0.name,
                actor: isKernels && !hasKernel ? "guest" : $0.actor, start: $0.start, end: $0.end, exits: $0.exits)
        }
    }

    /// A guest is a process of the emulator with the virtual machine of the kernel's that its accelerator means, or without any.
    func outsideObjection() -> String? {
        guard let emulator = guest.processes.first else { return nil }
        return GuestLook(process: emulator)?.objection(accelerator)
    }

    /// QEMU, and isolab-vm, which all guests share.
    var processes: [Int32] { guest.processes + [guests.driver.pid] }
    var accountable: [Int32] { guest.processes }
    var accounts: [String] {
        guard guests.driver.isForeign else {
            return cgroup.flatMap { MemoryAccount.directory(of: $0.cgroup) }.map { [$0] } ?? []
        }
        guard let emulator = guest.processes.first, DomainCgroup.charge(of: emulator) != nil else { return [] }
        return DomainCgroup.directory(of: emulator).map { [$0] } ?? []
    }

    /// A daemon that is told to use no cgroups keeps QEMU in its own.
    var unaccounted: String? {
        guard guests.driver.isForeign, accounts.isEmpty, let emulator = guest.processes.first,
            let place = MemoryAccount.directory(of: emulator)
        else { return nil }
        return "the libvirt daemon gave it no memory cgroup of its own: QEMU (process \(emulator)) is in \(place)"
    }

    var cgroupCharge: UInt64? {
        guests.driver.isForeign ? guest.processes.first.flatMap { DomainCgroup.charge(of: $0) } : cgroup?.charge
    }
}
