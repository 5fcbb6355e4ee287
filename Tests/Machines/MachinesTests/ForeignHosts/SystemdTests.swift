import Glibc
import Linux
import Testing

@testable import Machines

/// isolab on a distribution of today: systemd as init, which owns the tree of cgroups, D-Bus, systemd-machined, and the newest
/// QEMU and libvirt that the packages offer; everything on cgroup v2, and KVM as this host's QEMU can give it to a guest.
@Suite(
    .enabled(if: BootedHost.canBoot, BootedHost.reason),
    .enabled(if: geteuid() == 0, "[user] a distribution's disk is not made by an ordinary user"),
    .enabled(if: DistributionImage.canMake, "a distribution's disk needs mmdebstrap and erofs-utils"),
    .serialized)
struct SystemdTests {
    /// One boot for all that is asked of it.
    private static let report = Result { try SystemdHost().run() }

    /// - Throws: `Test.cancel`'s, where no package source could be reached.
    private func report() throws -> ConsoleReport {
        do { return try Self.report.get() } catch let error as DistributionImage.Unreachable {
            try Test.cancel("no distribution's packages could be reached: \(error)")
        }
    }

    func section(_ name: String) throws -> ConsoleReport.Section { try report()[name] }

    @Test func comesToItsEnd() throws {
        let report = try report()
        print("  systemd guest: \(report["versions"].lines.joined(separator: "; "))")
        #expect(report.finished, "\(report.tail)")
        #expect(
            report["versions"].lines.contains("init systemd") && report["versions"].lines.contains("cgroups cgroup2fs"))
    }

    /// The whole comparison could be run here, and a cgroup with limits is made in the middle of systemd's.
    @Test func doctor() throws {
        let section = try section("doctor")
        #expect(section.status == 0, "\(section.output)")
        #expect(section.output.contains("The main job can run"), "\(section.output)")
    }

    /// `isolab-runtime` below a scope that systemd delegated: its container is where its configuration says, inside of it, with
    /// its limits, and gone with its end; the scope is left as it was.
    @Test func lifeCycle() throws {
        let section = try section("life cycle")
        #expect(
            section.lines == [
                "created", "running", "cgroup engine.scope/container", "67108864", "50000 100000", "paused", "stopped",
                "0 left",
            ], "\(section.output)")
        #expect(section.status == 0)
    }

    /// Root's limits, and that systemd, told to look at everything anew, leaves them alone.
    @Test func limitsOfRoot() throws {
        let section = try section("limits")
        #expect(section.lines == ["67108864", "50000 100000", "20", "after a reload 67108864"], "\(section.output)")
        #expect(section.status == 0)
        #expect(try self.section("memory limit").status == 137)
    }

    /// An ordinary user's limits in a scope that his own systemd is asked for, in one that he is in already, and in a service of the
    /// system's that is delegated to him.
    @Test(arguments: ["nothing delegated", "scope of his own", "service of the system"]) func limitsOfAnOrdinaryUser(
        place: String
    ) throws {
        let section = try section(place)
        #expect(section.lines == ["67108864", "50000 100000", "20"], "\(section.output)")
        #expect(section.status == 0)
        let killed = try self.section("\(place), memory limit")
        #expect(killed.status == 137, "\(killed.output)")
        #expect(killed.output.contains("the kernel killed"), "\(killed.output)")
    }

    /// Who joins from elsewhere, as his session is, gets there the same way.
    @Test func execOfAnOrdinaryUser() throws {
        let section = try section("nothing delegated, exec")
        #expect(section.lines.contains("20"), "\(section.output)")
    }

    /// Without any of them they are refused, with what to do.
    @Test func refusedWithoutDelegation() throws {
        let section = try section("no systemd of his own")
        #expect(section.status == 125, "\(section.output)")
        #expect(section.output.contains("systemd-run --user --scope -p Delegate=yes"), "\(section.output)")
    }

    /// A guest's QEMU stays in the cgroup that isolab gave it, which accounts for it: systemd-machined, which answers here, has not heard of it.
    @Test func guestIsAccounted() throws {
        #expect(try section("machined").status == 0)
        // Where isolab itself is, the service, or in a cgroup that it made.
        let section = try section("places of QEMU")
        let isOurs = section.lines.map {
            $0.hasPrefix("QEMU in /system.slice/checks.service") || $0.hasPrefix("QEMU in /isolab/")
        }
        #expect(!isOurs.isEmpty && isOurs.allSatisfy(\.self), "\(section.output)")
    }

    @Test(arguments: ["vm-micro", "vm"]) func lane(name: String) throws {
        let launch = try section("launch \(name)")
        #expect(launch.status == 0, "\(launch.output)")
    }

    /// No cgroup, guest or directory of isolab's stays.
    @Test func nothingStays() throws {
        let section = try section("what is left")
        #expect(section.lines == ["nothing was left behind", "0 cgroups", "0 guests"], "\(section.output)")
    }
}

/// The guest that runs systemd.
struct SystemdHost {
    func run() throws -> ConsoleReport {
        let image = try DistributionImage.find()
        let host = try BootedHost("systemd")
        let boot = try BootDisk(
            root: host.state.path("boot"), program: "/sbin/init", busybox: try #require(BootedHost.busybox))
        try addPrograms(to: boot.files)
        try SystemdScripts.add(to: boot.files)
        let accelerator = AcceleratorReport.probe().forLinux
        return try host.run(
            boot.tree,
            BootedHost.Machine(
                accelerator: accelerator, memoryMiB: 3072, hasFullProcessor: true, disk: image.path,
                words: ["mitigations=off", "systemd.show_status=no", "systemd.unit=checks.target"]))
    }

    /// isolab as it was built here; of its libraries those that no package has.
    private func addPrograms(to tree: GuestTree) throws {
        for program in BootedHost.programs {
            try tree.add("\(BootedHost.products)/\(program)", at: "/usr/local/bin/\(program)", stripped: true) { name in
                ["libswift", "libFoundation", "lib_Foundation", "libdispatch", "libBlocksRuntime"].contains {
                    name.hasPrefix($0)
                }
            }
        }
        let kernel = try GuestKernel.find()
        _ = try kernel.modules(cache: Cache())
        let cache = Cache().root
        for file in [kernel.image, KernelPackage.modules(besides: kernel.image), kernel.vmlinux]
        where file.hasPrefix(cache) {
            try tree.addFiles(file, at: "/var/cache/isolab" + file.dropFirst(cache.count))
        }
    }
}
