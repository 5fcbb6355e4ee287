internal import Glibc
package import Linux
internal import Synchronization

/// The cgroup of a cell: which devices it may use, how much memory and processor time, how many processes. It grows by what a guest
/// needs when one starts, and shrinks with its end.
final class GuestCgroup: Sendable {
    let cgroup: Cgroup
    private let sum = Mutex(GuestNeeds())

    private init(_ cgroup: Cgroup) { self.cgroup = cgroup }

    /// In the driver's directory: the name, for whoever finds the directory without its owner.
    private static let record = "cgroup"

    /// Makes it; nil where this user may make none.
    static func make(for directory: String, opensTaps: Bool) throws(SystemError) -> GuestCgroup? {
        guard StandardDirectories.isHostRoot else { return nil }
        let place = directory.split(separator: "/").last ?? ""
        let name = "\(prefix)\(place)-\(try ownerWords())-\(RandomName.make())"
        try WholeFile.replace("\(directory)/\(record)", with: Array(name.utf8), mode: 0o600)
        var limits = GuestNeeds().limits
        if opensTaps { limits.deviceRules.append(GuestNeeds.tun) }
        return GuestCgroup(try Cgroup.create(named: name, limits: limits))
    }

    private static let prefix = "guests-"

    /// Who makes it, in its name: whatever state directory it is written down in, whoever finds it knows whether its maker lives.
    private static func ownerWords() throws(SystemError) -> String {
        "\(try Procfs.namespaceNumber("pid"))-\(try ProcessIdentity(of: getpid()).token)"
    }

    /// Those whose makers, processes of this pid namespace, are gone: of every state directory, but not of those who live in another
    /// namespace, whose numbers mean nothing here.
    static func abandoned(_ layout: CgroupLayout) -> [String] {
        guard let namespace = try? Procfs.namespaceNumber("pid") else { return [] }
        var names: Set<String> = []
        for directory in CgroupPlan(name: "", limits: CgroupLimits(), layout: layout).directories {
            names.formUnion((try? SystemFile.names(in: directory.base)) ?? [])
        }
        return names.filter { name in
            let parts = name.fields(between: "-").suffix(4).map { String($0) }
            guard name.starts(prefix), parts.count == 4, UInt64(parts[0]) == namespace, let pid = Int32(parts[1]),
                let start = UInt64(parts[2])
            else { return false }
            return !ProcessIdentity(pid: pid, startTime: start).isAlive
        }.sorted()
    }

    /// Ends what is in one of them, and removes it.
    static func release(_ name: String, _ layout: CgroupLayout) throws(SystemError) {
        try Cgroup(existing: CgroupPlan(name: name, limits: GuestNeeds().limits, layout: layout)).end()
    }

    /// Removes the cgroup that a driver's directory names; its driver is dead.
    static func remove(recordedIn directory: String) {
        guard let name = try? SystemFile.read("\(directory)/\(record)"), name.hasPrefix(prefix), !name.contains("/"),
            let layout = try? CgroupLayout.detect()
        else { return }
        let plan = CgroupPlan(name: name, limits: GuestNeeds().limits, layout: layout)
        try? Cgroup(existing: plan).end()
    }

    func add(_ needs: GuestNeeds) throws(SystemError) {
        try change { $0.add(needs) }
    }

    /// What is still in use above the new limit stays until the next change.
    func subtract(_ needs: GuestNeeds) { try? change { $0.subtract(needs) } }

    private func change(_ body: (inout GuestNeeds) -> Void) throws(SystemError) {
        let result: Result<Void, SystemError> = sum.withLock { sum in
            body(&sum)
            var limits = sum.limits
            limits.deviceRules = []
            limits.processes = nil
            do throws(SystemError) {
                try cgroup.apply(limits)
                return .success(())
            } catch { return .failure(error) }
        }
        try result.get()
    }

    func remove() { try? cgroup.end() }
}

/// What guests may take of the host at most, with what runs them.
package struct GuestNeeds: Equatable, Sendable {
    /// Of guests, MiB; their QEMUs' own and libvirt's come on top.
    var memoryMiB = 0
    var vcpus = 0
    var guests = 0

    mutating func add(_ other: GuestNeeds) {
        memoryMiB += other.memoryMiB
        vcpus += other.vcpus
        guests += other.guests
    }

    mutating func subtract(_ other: GuestNeeds) {
        memoryMiB -= other.memoryMiB
        vcpus -= other.vcpus
        guests -= other.guests
    }

    /// libvirt, virtiofsd, and QEMU while it only tells what it can do, MiB.
    private static let driverMiB = 512
    /// QEMU without its guest's memory, MiB: under TCG it keeps up to a gigabyte of translations.
    private static let emulatorMiB = 1280

    /// As limits of a cgroup: two processors beside the guests' own, for libvirt and QEMU's other threads.
    package var limits: CgroupLimits {
        CgroupLimits(
            memory: UInt64(Self.driverMiB + memoryMiB + guests * Self.emulatorMiB) << 20,
            cpuQuota: UInt64(vcpus + 2) * 100_000, cpuPeriod: 100_000, processes: 4096, deviceRules: Self.devices)
    }

    /// /dev/net/tun, of a cell whose guests have network devices.
    static let tun = CgroupLimits.DeviceRule(allow: true, kind: .character, major: 10, minor: 200)

    /// What is in a cell's /dev. Nothing may be made but /dev/kvm, while the cell is: who lives in it has not the right.
    private static let devices: [CgroupLimits.DeviceRule] =
        [.init(allow: false), .init(allow: true, kind: .character, major: 10, minor: 232)]
        + [3, 5, 7, 8, 9].map {
            .init(allow: true, kind: .character, major: 1, minor: $0, access: [.read, .write])
        }
}

extension Domain {
    /// What it may take of the host.
    package var needs: GuestNeeds { GuestNeeds(memoryMiB: memoryMiB, vcpus: vcpus, guests: 1) }
}
