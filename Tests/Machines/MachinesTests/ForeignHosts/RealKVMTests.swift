import Foundation
import Linux
import Testing

@testable import Machines

/// isolab where KVM is real. This host may have none: QEMU's translator has a processor that virtualises (SVM with nested paging),
/// and a guest on it is a host with `/dev/kvm`, a distribution's kernel and everything on cgroup v2. Inside run this host's own
/// isolab, QEMU and libvirt.
@Suite(.enabled(if: RealKVMHost.canRun, BootedHost.reason), .serialized)
struct RealKVMTests {
    /// One boot for all that is asked of it.
    private static let report = Result { try RealKVMHost().run() }

    private func section(_ name: String) throws -> ConsoleReport.Section { try Self.report.get()[name] }

    /// What stands in `isolab doctor --json`.
    private struct Capability: Decodable {
        let name: String
        let state: String
        let detail: String
    }

    @Test func comesToItsEnd() throws {
        let report = try Self.report.get()
        #expect(report.finished, "\(report.tail)")
    }

    /// Guest code ran: KVM, nested as this host is a guest itself, that boots a stock kernel.
    @Test func verdict() throws {
        let section = try section("doctor --json")
        #expect(section.status == 0, "\(section.output)")
        // The warnings that precede the document are no part of it.
        let text = section.output[(section.output.firstIndex(of: "[") ?? section.output.startIndex)...]
        let capabilities = try JSONDecoder().decode([Capability].self, from: Data(text.utf8))
        let found = try #require(capabilities.first { $0.name == "KVM" }, "\(section.output)")
        #expect(found.state == "works", "\(found.detail)")
        #expect(found.detail.hasPrefix("nested KVM: guest code ran in real mode and with paging"))
        let cgroups = try #require(capabilities.first { $0.name == "cgroups" })
        #expect(cgroups.state == "works" && cgroups.detail.hasPrefix("v2: "), "\(cgroups.detail)")
        #expect(capabilities.first { $0.name == "libvirt" }?.state == "works")
    }

    /// What a launch would do is under KVM.
    @Test func plan() throws {
        let plan = try section("plan")
        #expect(
            plan.lines.contains("<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"),
            "\(plan.output)")
    }

    /// A launch is admitted: exit status, nonce and proof of work.
    ///
    /// The workload of one sleeps: in a guest without a timer it would never wake.
    @Test(arguments: ["vm-micro", "vm", "vm-q35", "vm-qemu"]) func lane(name: String) throws {
        let launch = try section("launch \(name)")
        #expect(launch.status == 0, "\(launch.output)")
        #expect(launch.output.contains("workload"), "\(launch.output)")
        // The micro-guest is gone before QEMU could be asked.
        guard name != "vm-micro" else { return }
        let words = launch.output.split { $0 == " " || $0 == "\n" || $0 == "," }
        let place = try #require(words.firstIndex(of: "exits"), "\(launch.output)")
        let exits = try #require(Int(words[place - 1]), "\(launch.output)")
        // Every one of them is real: a kernel's boot takes thousands, and polling a clock that is not there took forty thousand.
        #expect((1000..<40_000).contains(exits), "\(exits)")
        print("\(name): \(exits) exits until the workload's first byte")
    }

    /// An image's command in a guest: its kernel is another's than ours, time passes, its streams and its status come through.
    @Test func guestOfAnImage() throws {
        #expect(try section("image").status == 0)
        let section = try section("run --vm")
        #expect(section.lines == ["Linux", "slept", "to standard error"], "\(section.output)")
        #expect(section.status == 7)
    }

    /// Limits stand in the container's own cgroup, and hold.
    @Test func limits() throws {
        let values = try section("limits")
        #expect(values.lines == ["67108864", "50000 100000", "20"], "\(values.output)")
        #expect(values.status == 0)
        let memory = try section("memory limit")
        #expect(memory.status == 137, "\(memory.output)")
        let processes = try section("process limit")
        #expect(
            processes.output.contains("can't fork") && !processes.output.contains("all forked"), "\(processes.output)")
        #expect(processes.status != 0)
        // The same deeds without limits: it is these that stop them.
        let control = try section("no limit")
        #expect(control.status == 0, "\(control.output)")
        #expect(control.lines == ["all read", "all forked"])
    }

    /// No cgroup, guest or directory stays.
    @Test func nothingStays() throws {
        let section = try section("what is left")
        #expect(section.lines == ["nothing was left behind", "0 cgroups", "0 guests"], "\(section.output)")
    }
}

/// The guest, which is the host of others.
struct RealKVMHost {
    private static let driver = "/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so"
    static let canRun = BootedHost.canBoot && access(driver, R_OK) == 0 && DiskFormat.erofs.isAvailable

    func run() throws -> ConsoleReport {
        let host = try BootedHost("real-kvm")
        let busybox = try #require(BootedHost.busybox)
        let disk = host.state.path("disk")
        let root = try self.root(at: host.state.path("host"), busybox)
        try DiskImage(layers: [root.root], format: .erofs).write(to: disk)
        try? TreeRemoval.remove(root.root)
        let boot = try BootDisk(root: host.state.path("boot"), program: "/checks", busybox: busybox)
        return try host.run(
            boot.tree,
            // The translator always: hardware's own virtualisation is not this test's to find.
            BootedHost.Machine(
                accelerator: .tcg, memoryMiB: 2048, hasFullProcessor: true, disk: disk, words: ["mitigations=off"]))
    }

    /// What isolab needs, as this host has it.
    private func root(at path: String, _ busybox: String) throws -> GuestTree {
        let tree = try GuestTree(root: path)
        try tree.add(busybox, at: "/bin/busybox")
        let applets = String(decoding: try HostProgram.run(busybox, ["--list"]).output, as: UTF8.self)
        for applet in applets.split(separator: "\n") where applet != "busybox" {
            tree.link("/bin/\(applet)", to: "busybox")
        }
        try tree.add("/usr/bin/qemu-system-x86_64")
        try tree.add(Self.driver)
        let modules = "/usr/lib/x86_64-linux-gnu/qemu"
        for name in (try? SystemFile.names(in: modules)) ?? [] where name.hasPrefix("accel-") {
            try tree.add("\(modules)/\(name)")
        }
        for name in [
            "bios.bin", "bios-256k.bin", "bios-microvm.bin", "qboot.rom", "kvmvapic.bin", "linuxboot_dma.bin",
            "pvh.bin",
        ] {
            for directory in ["/usr/share/qemu", "/usr/share/seabios"] where access("\(directory)/\(name)", R_OK) == 0 {
                try tree.addFiles("\(directory)/\(name)")
            }
        }
        try tree.addFiles("/usr/share/libvirt")
        try tree.addFiles("/etc/os-release")
        for program in BootedHost.programs {
            try tree.add("\(BootedHost.products)/\(program)", at: "/usr/bin/\(program)", stripped: true)
        }
        // Where the loader looks for libraries that are nowhere else.
        try tree.addFiles("/etc/ld.so.conf")
        try tree.addFiles("/etc/ld.so.conf.d")
        // The kernel as a cache of root's has it, with what guests' devices need.
        let kernel = try GuestKernel.find()
        _ = try kernel.modules(cache: Cache())
        let cache = Cache().root
        for file in [kernel.image, KernelPackage.modules(besides: kernel.image), kernel.vmlinux]
        where file.hasPrefix(cache) {
            try tree.addFiles(file, at: "/var/cache/isolab" + file.dropFirst(cache.count))
        }
        try tree.write("#!/bin/sh\n" + ConsoleReport.script + Self.checks, to: "/checks", mode: 0o755)
        return tree
    }

    /// Each command bounded, so that one that hangs is told from what follows it.
    private static let checks = """
        mount -t tmpfs -o mode=1777 tmp /tmp
        mount -t tmpfs run /run
        mkdir -p /dev/shm /dev/pts
        mount -t tmpfs shm /dev/shm
        mount -t devpts pts /dev/pts
        mount -t cgroup2 cgroup2 /sys/fs/cgroup
        ln -sf /proc/self/fd /dev/fd
        ip link set lo up
        exec < /dev/null > /dev/ttyS0 2>&1
        export PATH=/bin:/usr/bin:/sbin HOME=/root NO_COLOR=1 SWIFT_BACKTRACE=enable=no ISOLAB_DATA=/tmp/data
        isolab() { timeout -s KILL 240 /usr/bin/isolab "$@"; }
        section 'doctor --json' isolab doctor --json
        section plan isolab launch vm --plan
        for lane in vm-micro vm-q35 vm-qemu; do section "launch $lane" isolab launch --deadline 200 "$lane"; done
        section 'launch vm' isolab launch --deadline 200 vm -- sleep 1000
        section image isolab image bootstrap busybox
        section 'run --vm' isolab run --rm --vm busybox sh -c \
            'uname -s; sleep 1; echo slept; echo to standard error >&2; exit 7'
        read='dd if=/dev/zero of=/dev/null bs=150M count=1 2>/dev/null'
        fork='for i in $(seq 40); do sleep 30 & done; echo all forked'
        section limits isolab run --rm --memory 64m --cpus 0.5 --pids-limit 20 busybox sh -c \
            'cd /sys/fs/cgroup; cat memory.max cpu.max pids.max'
        section 'memory limit' isolab run --rm --memory 64m busybox sh -c "exec $read"
        section 'process limit' isolab run --rm --pids-limit 20 busybox sh -c "$fork"
        section 'no limit' isolab run --rm busybox sh -c "$read && echo all read; $fork"
        left() {
            isolab doctor --clean
            echo "$(ls -d /sys/fs/cgroup/isolab/*/ 2>/dev/null | wc -l) cgroups"
            echo "$(ps | grep -c '[q]emu-system') guests"
        }
        section 'what is left' left
        echo '== end'
        sync
        reboot -f
        """
}
