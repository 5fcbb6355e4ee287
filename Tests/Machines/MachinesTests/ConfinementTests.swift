import Foundation
import Linux
import TestSupport
import Testing

@testable import Machines

/// What a QEMU that its guest took over would be on the host: nobody, with nothing.
@Suite(.enabled(if: GuestPlace.canRun, "needs QEMU, busybox, a guest kernel and a built isolab-vm"))
struct ConfinementTests {
    private static let identity = CellIdentity.detect()
    private static var emulator: UInt32 { identity.emulatorOutside.user }

    /// Every process of a running guest, on each machine and without libvirt: no capability, no root, none of the host's
    /// namespaces, no files of the host but programs to read.
    @Test(arguments: [MachineKind.microvm, .q35], [true, false])
    func guests(machine: MachineKind, throughLibvirt: Bool) throws {
        let place = try GuestPlace()
        let tree = place.path + "/tree"
        try SystemFile.makeDirectories(tree)
        try WholeFile.copy(GuestPlace.programs + "/isolab-workload", to: tree + "/isolab-workload", mode: 0o755)
        let initramfs = try Initramfs.make(layers: [tree], cache: Cache(root: place.path + "/cache"))
        // Where nobody but its owner gets to: a copy must serve.
        chmod(place.path + "/cache", 0o700)
        let driver = try GuestDriver(
            program: GuestPlace.programs + "/isolab-vm", stateDirectory: StateDirectory(root: place.path + "/state"))
        defer { driver.close() }
        let report = AcceleratorReport.probe()
        let recipe = GuestRecipe(machine: machine, accelerator: report.forLinux)
        let domain = recipe.domain(
            name: "shut-in", kernel: try GuestKernel.find(), initramfs: initramfs.path,
            arguments: ["--nonce", "0000000000000001", "--work", "1", "--guest", "ready"],
            channelSocket: driver.channelSocket(for: "shut-in"), tscKilohertz: report.tscKilohertz)
        let guest =
            throughLibvirt
            ? try driver.start(domain, deadline: .seconds(120))
            : try driver.startWithoutLibvirt(domain, arguments: try driver.arguments(for: domain))
        while let line = guest.nextLine(timeout: .seconds(120)), !line.text.hasPrefix("mark ready") {}
        let process = try #require(guest.processes.first)
        let confinement = Confinement(process)
        #expect(confinement.name.hasPrefix("qemu-system"))
        let directory = place.path + "/state/vm"
        #expect(confinement.violations(owner: Self.emulator, directory: directory) == [])
        #expect(
            Confinement(driver.pid).violations(
                owner: Self.identity.driverOutside.user, holdsCapabilities: Self.identity.isApart, isFiltered: false,
                directory: directory) == [])
        if geteuid() == 0 { try Self.checkLimits(of: process, domain) }
        try guest.release()
    }

    /// The limits are in force on the cgroup that QEMU is in, and it is a cgroup of its own.
    private static func checkLimits(of process: Int32, _ domain: Domain) throws {
        let layout = CgroupLayout(
            mountInformation: try SystemFile.read("/proc/self/mountinfo"),
            ownCgroups: try SystemFile.read("/proc/\(process)/cgroup"))
        func read(_ controller: String, _ file: String) throws -> String {
            let hierarchy = try #require(layout.hierarchy(of: controller) ?? layout.unified)
            return try SystemFile.read("\(hierarchy.mountPoint)\(hierarchy.ownPath)/\(file)")
        }
        let isUnified = !layout.hierarchies.contains { $0.version == 1 }
        let memory = try read("memory", isUnified ? "memory.max" : "memory.limit_in_bytes")
        var needs = GuestNeeds()
        needs.add(domain.needs)
        #expect(UInt64(memory.filter(\.isNumber)) == needs.limits.memory)
        #expect(try read("cpu", isUnified ? "cpu.max" : "cpu.cfs_quota_us").hasPrefix("300000"))
        guard !isUnified else { return }
        let devices = try read("devices", "devices.list").split(separator: "\n").map(String.init)
        let own: Set<String> = ["c 1:3 rw", "c 1:5 rw", "c 1:7 rw", "c 1:8 rw", "c 1:9 rw", "c 10:232 rwm"]
        #expect(!devices.isEmpty && own.isSuperset(of: devices))
    }

    /// A guest with directories and files of the host: virtiofsd, too, is nobody, and what it writes has its owner.
    @Test(
        .enabled(
            if: geteuid() == 0 && GuestPlace.hasVirtiofsd,
            "needs root and virtiofsd, which QEMU's packages or one of its own install"))
    func shares() throws {
        let place = try GuestPlace()
        let shared = place.path + "/shared"
        try SystemFile.makeDirectories(shared)
        let exit = Waitable<Result<GuestExit, any Error>?>(nil)
        let (runner, root) = (place.runner, place.root)
        let command = GuestCommand(
            [
                "sh", "-c",
                "echo here > /s/here; busybox chown 12:34 /s/here; while test -e /s/here; do sleep 0.2; done",
            ], environment: ["PATH=/bin"], shares: [.init(source: shared, target: "/s")])
        BackgroundThread.start {
            let result = Result { try runner.run(command, root: root, relaysSignals: false) }
            exit.update { $0 = result }
        }
        defer {
            unlink(shared + "/here")
            _ = exit.wait(.seconds(60)) { $0 }
        }
        var status = stat()
        for _ in 0..<1200 {
            guard stat(shared + "/here", &status) != 0 || status.st_uid != 12 else { break }
            usleep(50_000)
        }
        #expect(status.st_uid == 12 && status.st_gid == 34)
        let helpers = try SystemFile.names(in: "/proc").compactMap { Int32($0) }.filter { pid in
            let words = (try? SystemFile.read("/proc/\(pid)/cmdline")) ?? ""
            return pid != getpid() && words.contains(place.path)
        }
        let names = helpers.map { Confinement($0).name }
        for helper in ["virtiofsd", "qemu-system"] { #expect(names.contains { $0.hasPrefix(helper) }, "\(names)") }
        for (pid, name) in zip(helpers, names) {
            let isEmulator = name.hasPrefix("qemu-system")
            let found = Confinement(pid).violations(
                owner: isEmulator ? Self.emulator : Self.identity.driverOutside.user, holdsCapabilities: !isEmulator,
                isFiltered: isEmulator, directory: name.hasPrefix("virtiofsd") ? "/" : place.path + "/state/vm")
            #expect(found == [], "\(name)")
        }
    }

    /// The check itself finds what it looks for: a program started as QEMU used to be is root with everything.
    @Test(.enabled(if: geteuid() == 0, "needs root, to be it")) func naiveLaunch() throws {
        let process = try ProcessPlan("sleep", ["1000"], group: .ownSession).spawn()
        defer {
            try? process.kill()
            _ = try? process.wait()
        }
        let found = Confinement(process.pid).violations(owner: Self.emulator, directory: "/nonexistent")
        for word in ["Uid", "CapEff", "NoNewPrivs", "Seccomp", "mnt namespace", "net namespace", "writes to /"] {
            #expect(found.contains { $0.contains(word) }, "\(word): \(found)")
        }
        #expect(found.contains { $0.hasPrefix("devices") } && found.contains { $0.hasPrefix("CapBnd") })
    }

    /// What libvirt asked emulators and let go is reaped, and nothing else waits to be.
    @Test func noZombies() throws {
        let place = try GuestPlace()
        let driver = try GuestDriver(
            program: GuestPlace.programs + "/isolab-vm", stateDirectory: StateDirectory(root: place.path + "/state"))
        defer { driver.close() }
        try driver.warm()
        func zombies() throws -> [Int32] {
            try Procfs.descendants(of: driver.pid).filter { ProcessStatus(pid: $0)?.state == "Z" }
        }
        for _ in 0..<400 {
            guard try !zombies().isEmpty else { break }
            usleep(50_000)
        }
        #expect(try zombies() == [])
    }

    /// A guest that ended well leaves nothing in the state directory.
    @Test func nothingStays() throws {
        let place = try GuestPlace()
        let result = try place.run(GuestCommand(["/bin/true"]))
        #expect(result.exit == .exited(0), "\(result.complaints)")
        #expect(((try? SystemFile.names(in: place.path + "/state/vm")) ?? []) == [])
    }
}
