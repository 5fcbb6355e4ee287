import Machines
package import RunRecord

/// A lane as the catalogue lists it.
package struct LaneEntry: Sendable {
    package let id: String
    /// A few words for a reader.
    package let title: String
    package let kind: LaneKind
    /// What reports and experiments know it by, where they need one lane in particular.
    package let role: LaneRole?
    /// What is isolated, one short phrase each.
    package let isolation: [String]
    /// Part of the presets; the others are for looking at isolab itself.
    package let isDefault: Bool
    let make: @Sendable (LaneEntry, Laboratory) -> any Lane

    init(
        id: String, title: String, kind: LaneKind, role: LaneRole? = nil, isolation: [String] = [],
        isDefault: Bool = true,
        make: @escaping @Sendable (LaneEntry, Laboratory) -> any Lane
    ) {
        self.id = id
        self.title = title
        self.kind = kind
        self.role = role
        self.isolation = isolation
        self.isDefault = isDefault
        self.make = make
    }
}

/// The table of lanes, in the order reports show them.
package enum LaneCatalogue {
    package static let entries: [LaneEntry] = [
        LaneEntry(id: "native", title: "plain process", kind: .native, role: .plainProcess) { NativeLane($0, $1) },
        LaneEntry(
            id: "container", title: "container, Docker's profile", kind: .container,
            isolation: ContainerConfiguration.isolation()
        ) { ContainerLane($0, $1) },
        LaneEntry(
            id: "container-noseccomp", title: "container without seccomp", kind: .container,
            isolation: ContainerConfiguration.isolation(.init(seccomp: false))
        ) { ContainerLane($0, $1, .init(seccomp: false)) },
        LaneEntry(
            id: "container-userns", title: "container with a user namespace", kind: .container,
            isolation: ContainerConfiguration.isolation(.init(userNamespace: true))
        ) { ContainerLane($0, $1, .init(userNamespace: true)) },
        LaneEntry(
            id: "vm", title: "guest, the fastest machine", kind: .guest, role: .guest, isolation: SharedGuests.isolation
        ) { GuestLane($0, $1, .init(recipe: GuestRecipe.fastest)) },
        LaneEntry(id: "vm-q35", title: "guest, q35 machine", kind: .guest, isolation: SharedGuests.isolation) {
            GuestLane($0, $1, .init(recipe: GuestRecipe.q35))
        },
        LaneEntry(
            id: "vm-micro", title: "micro-guest without a kernel", kind: .microGuest,
            isolation: ["own virtual machine, no kernel in it"]
        ) { MicroGuestLane($0, $1) },
        LaneEntry(
            id: "vm-plain", title: "guest, plain pc machine, nothing tuned", kind: .guest,
            isolation: SharedGuests.isolation
        ) { GuestLane($0, $1, .init(recipe: GuestRecipe.plain)) },
        LaneEntry(
            id: "vm-qemu", title: "guest, the same QEMU without libvirt", kind: .guest,
            role: .guestWithoutLibvirt, isolation: SharedGuests.isolation
        ) { GuestLane($0, $1, .init(recipe: GuestRecipe.fastest, throughLibvirt: false)) },
        LaneEntry(
            id: "oci:crun", title: "crun, Docker's profile", kind: .peer,
            isolation: ContainerConfiguration.isolation(.init(rootReadOnly: true))
        ) { RuntimeCommandLane($0, $1, .crun) },
        LaneEntry(
            id: "oci:runc", title: "runc, Docker's profile", kind: .peer,
            isolation: ContainerConfiguration.isolation(.init(rootReadOnly: true))
        ) { RuntimeCommandLane($0, $1, .runc) },
        LaneEntry(
            id: "oci:runsc", title: "gVisor", kind: .peer,
            isolation: ["a kernel in user space (Sentry)", "pid, mount, network, uts and ipc namespaces"]
        ) { RuntimeCommandLane($0, $1, .runsc) },
        LaneEntry(
            id: "bwrap", title: "bubblewrap, namespaces only", kind: .peer,
            isolation: ["user, pid, mount, network, uts, ipc and cgroup namespaces"]
        ) { BubblewrapLane($0, $1) },
        LaneEntry(
            id: "pretender", title: "plain process that claims to be a container, to be refused", kind: .peer,
            isolation: ContainerConfiguration.isolation(), isDefault: false
        ) { PretenderLane($0, $1) },
        LaneEntry(
            id: "bare", title: "plain process, started by a loop in C", kind: .native, role: .leastProcess,
            isDefault: false
        ) { NativeLane($0, $1) },
    ]

    /// The lane of that name, or an error that lists them all.
    package static func entry(_ id: String) throws(LabError) -> LaneEntry {
        guard let entry = entries.first(where: { $0.id == id }) else {
            throw .unknown(what: "lane", name: id, known: entries.map(\.id))
        }
        return entry
    }
}
