import Glibc
import Linux
import Machines
import OCI
import RunRecord

/// A Linux guest through libvirt, or the same QEMU without it.
final class GuestLane: Lane {
    /// Which guest, and who starts it.
    struct Choice: Sendable {
        var recipe: @Sendable (Accelerator) -> GuestRecipe
        var throughLibvirt = true
    }

    let entry: LaneEntry
    private let laboratory: Laboratory
    private let choice: Choice
    private var guests: SharedGuests?

    init(_ entry: LaneEntry, _ laboratory: Laboratory, _ choice: Choice) {
        self.entry = entry
        self.laboratory = laboratory
        self.choice = choice
    }

    func availability() -> Availability { SharedGuests.availability(laboratory) }

    func prepare() throws -> LaneRecord {
        let guests = try laboratory.guests()
        let kernel = try guests.kernel()
        let initramfs = try guests.initramfs()
        self.guests = guests
        var record = self.record(.yes)
        let accelerator = guests.accelerator.forLinux
        (record.accelerator, record.label) = guests.names(accelerator)
        record.reason = guests.accelerator.reason
        let example = LaunchRequest(name: "example", nonce: 0, work: 1000, command: ["exit"])
        let domain = try domain(example, guests)
        record.configuration["domain.xml"] = domain.xml
        record.configuration["argv"] = try guests.driver.arguments(for: domain).joined(separator: " ")
        record.configuration["kernel"] = "\(kernel.version) \(kernel.digest)"
        record.configuration["initramfs"] = "sha256:\(initramfs.digest)"
        record.configuration["version"] = guests.version
        record.configuration["confinement"] = guests.driver.confinement
        record.configuration["not seen"] = guests.unseen
        return record
    }

    private func domain(_ request: LaunchRequest, _ guests: SharedGuests) throws -> Domain {
        choice.recipe(guests.accelerator.forLinux).domain(
            name: request.name, kernel: try guests.kernel(), initramfs: try guests.initramfs().path,
            arguments: request.arguments(guest: true), channelSocket: guests.driver.channelSocket(for: request.name),
            tscKilohertz: guests.accelerator.tscKilohertz)
    }

    var declared: DeclaredIsolation? { .guest(release: (try? guests?.kernel())?.release) }

    func launch(_ request: LaunchRequest) throws -> any Sandbox {
        guard let guests else { throw LabError.lane(id: entry.id, problem: "was not prepared") }
        let domain = try domain(request, guests)
        return try GuestSandbox(domain, request, guests, throughLibvirt: choice.throughLibvirt)
    }

    /// A translated processor is thirty times slower than its host's, and a boot is mostly processor time.
    var usualDeadlineSeconds: Int { guests?.accelerator.forLinux == .kvm ? 30 : 120 }

    var artefacts: [(name: String, path: String)] {
        guard let guests, let kernel = try? guests.kernel(), let initramfs = try? guests.initramfs() else { return [] }
        return [("kernel", kernel.image), ("unpacked kernel", kernel.vmlinux), ("initramfs", initramfs.path)]
            + guests.artefacts
    }

    func close() { guests = nil }
}

/// The micro-guest: no kernel, no firmware service, no paging. The floor of what a virtual machine costs.
final class MicroGuestLane: Lane {
    let entry: LaneEntry
    private let laboratory: Laboratory
    private var guests: SharedGuests?

    init(_ entry: LaneEntry, _ laboratory: Laboratory) {
        self.entry = entry
        self.laboratory = laboratory
    }

    func availability() -> Availability { SharedGuests.availability(laboratory) }

    func prepare() throws -> LaneRecord {
        let guests = try laboratory.guests()
        self.guests = guests
        var record = self.record(.yes)
        (record.accelerator, record.label) = guests.names(guests.accelerator.forMicroGuest)
        let example = LaunchRequest(name: "example", nonce: 0, work: 1000, command: ["exit"])
        record.reason = guests.accelerator.reason
        let domain = domain(example, guests)
        record.configuration["domain.xml"] = domain.xml
        record.configuration["argv"] = try guests.driver.arguments(for: domain).joined(separator: " ")
        let image = MicroGuest(nonce: 0, iterations: example.work).image
        record.configuration["image"] =
            "\(image.count) bytes, \(Digest(sha256Of: image)) for the nonce 0"
        record.configuration["version"] = guests.version
        record.configuration["confinement"] = guests.driver.confinement
        record.configuration["not seen"] = guests.unseen
        return record
    }

    private func domain(_ request: LaunchRequest, _ guests: SharedGuests) -> Domain {
        Domain(
            name: request.name, machine: .microvm, accelerator: guests.accelerator.forMicroGuest, memoryMiB: 16,
            firmware: Firmware.qboot, kernel: guests.driver.file(for: "\(request.name).elf"),
            channelSocket: guests.driver.channelSocket(for: request.name))
    }

    /// It has no kernel to ask.
    var declared: DeclaredIsolation? { nil }

    func launch(_ request: LaunchRequest) throws -> any Sandbox {
        guard let guests else { throw LabError.lane(id: entry.id, problem: "was not prepared") }
        guard request.command == ["exit"] else {
            throw LabError.lane(id: entry.id, problem: "the micro-guest has no kernel: it can only start and exit")
        }
        let domain = domain(request, guests)
        try MicroGuest(nonce: request.nonce, iterations: request.work).write(to: domain.kernel)
        return try GuestSandbox(domain, request, guests, throughLibvirt: true, hasKernel: false) {
            unlink(domain.kernel)
        }
    }

    func command(of request: LaunchRequest) -> String { MicroGuest.command }

    var artefacts: [(name: String, path: String)] { guests?.artefacts ?? [] }

    func close() { guests = nil }
}
