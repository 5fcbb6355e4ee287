import Foundation
import Linux
import Testing

@testable import Machines

/// The runtime core on hosts that this one is not: with everything on cgroup v2, as users' hosts have it, and with everything on
/// v1. This very test bundle, run in a guest of our own with a distribution's kernel, as root and as an ordinary user.
@Suite(
    .enabled(if: ForeignHost.canRun, "needs QEMU, a guest kernel, built programs and busybox-static"), .serialized)
struct ForeignHostTests {
    @Test(arguments: ForeignHost.Layout.allCases) func suites(layout: ForeignHost.Layout) throws {
        let report = try ForeignHost(layout).run()
        // What was checked, for whoever reads the log.
        for line in report.lines { print("  \(layout) guest: \(line)") }
        #expect(report.finished, "the guest did not come to its end")
        #expect(report.failed.isEmpty)
        // A filter that matches nothing, or a condition that is never met, must not look like success.
        for name in layout.indispensable { #expect(report.passed.contains(name), "\(name) did not run") }
        #expect(report.statuses == [0, 0])
    }
}

/// The guest: its tree, what it does, what it said.
final class ForeignHost {
    /// How its cgroups are mounted.
    enum Layout: String, CaseIterable {
        /// Everything on v2.
        case unified
        /// Everything on v1, as systemd mounted it.
        case classic

        /// What must have passed there: a test each for limits, kills, freezing, figures, devices, ordinary users, …
        var indispensable: [String] {
            let common = [
                "limitsStand", "freezing", "nestedCgroups", "updating", "outOfMemory", "measured", "limitsAreInForce",
                "memoryLimitKills", "devicesAreLimited", "createdRunningStopped", "notDelegated",
            ]
            guard self == .unified else { return common }
            return common + [
                "quotaThrottles", "processLimit", "noInternalProcesses", "checkedUpdate", "joiningADividedCgroup",
                "givenAway", "enforced", "unifiedHierarchy", "limitsOfAnOrdinaryUser",
            ]
        }
    }

    private static let productDirectory: String = {
        let maps = (try? SystemFile.read("/proc/self/maps")) ?? ""
        let line = maps.split(separator: "\n").first { $0.hasSuffix(".xctest") }
        let path = line?.split(separator: " ").last.map(String.init) ?? ""
        return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }()
    private static let bundle = productDirectory + "/isolabPackageTests.xctest"
    private static let program = productDirectory + "/isolab-vm"
    private static let runtime = productDirectory + "/isolab-runtime"
    private static let busybox = (["/bin/busybox", "/usr/bin/busybox"] as [String]).first { access($0, X_OK) == 0 }
    static let canRun =
        ([bundle, program, runtime, "/usr/bin/qemu-system-x86_64", "/usr/bin/setpriv"] as [String])
        .allSatisfy { access($0, X_OK) == 0 } && busybox != nil && (try? GuestKernel.find()) != nil

    /// The suites that have to do with cgroups, and the containers themselves.
    private static let suites =
        "LinuxTests.(CgroupTests|CgroupStatisticsTests|DeviceFilterTests|UnifiedCgroupTests|ClassicCgroupTests)/"
        + "|ContainersTests.(FailureTests|IsolationTests)/|RuntimeTests.LifecycleTests/"
    /// Stands on a bind mount of itself first: the root of an initramfs cannot be pivoted away from, and containers do.
    private static let start = """
        #!/bin/busybox sh
        /bin/busybox mount --bind / /mnt
        cd /mnt
        /bin/busybox mount --move . /
        exec /bin/busybox chroot . /bin/sh /checks
        """

    private static let checks =
        """
        mount -t proc proc /proc
        mount -t sysfs sysfs /sys
        mount -t devtmpfs dev /dev
        mount -t tmpfs -o mode=1777 tmp /tmp
        mount -t tmpfs run /run
        mkdir -p /dev/shm /dev/pts
        mount -t tmpfs shm /dev/shm
        mount -t devpts pts /dev/pts
        case "$(cat /proc/cmdline)" in
        *layout=unified*) mount -t cgroup2 cgroup2 /sys/fs/cgroup ;;
        *)
            mount -t tmpfs cgroups /sys/fs/cgroup
            for controllers in cpu,cpuacct cpuset memory devices freezer blkio pids hugetlb net_cls,net_prio perf_event \
                rdma none,name=systemd; do
                mkdir /sys/fs/cgroup/$controllers
                mount -t cgroup -o $controllers cgroup /sys/fs/cgroup/$controllers
            done ;;
        esac
        ip link set lo up
        # One byte to the debug port, so that the driver knows that the guest lives.
        printf '.' | dd of=/dev/port bs=1 seek=233 count=1 conv=notrunc 2>/dev/null
        exec < /dev/null > /dev/ttyS0 2>&1
        export PATH=/bin:/usr/bin HOME=/ NO_COLOR=1 SWIFT_BACKTRACE=enable=no
        # A distribution has overlayfs as a module, which is not brought along.
        run() {
            "$@" --testing-library swift-testing --filter "$filter" --skip overlayKeepsTheLayerBelow
            echo "status $?"
        }
        filter='\(suites)'
        run /checks.xctest
        # An ordinary user's cgroup, as systemd would delegate it (cgroups(7), "Delegation containment").
        cd /sys/fs/cgroup
        if [ -e cgroup.procs ]; then
            mkdir user
            echo '+cpu +memory +pids' > cgroup.subtree_control
            chown 65534 user user/cgroup.procs user/cgroup.subtree_control user/cgroup.threads
        fi
        filter='LinuxTests.(DelegatedCgroupTests|UndelegatedCgroupTests)/'
        run sh -c '[ ! -d user ] || echo 0 > user/cgroup.procs || exit
            exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"' sh /checks.xctest
        echo 'checks done'
        sync
        reboot -f
        """

    private let layout: Layout
    private let state: StateDirectory
    private let driver: GuestDriver

    init(_ layout: Layout) throws {
        self.layout = layout
        state = StateDirectory(root: "/tmp/ilt-\(getpid())-\(layout)")
        do { driver = try GuestDriver(program: Self.program, stateDirectory: state) } catch {
            try? TreeRemoval.remove(state.root)
            throw error
        }
    }

    deinit {
        driver.close()
        try? TreeRemoval.remove(state.root)
    }

    struct Report {
        /// What became of each test.
        var lines: [String] = []
        var passed: Set<String> = []
        var failed: [String] = []
        /// Of the two runs.
        var statuses: [Int] = []
        var finished = false

        /// Reads what swift-testing prints: `✔ Test name() passed after …`, `✘ Test name() recorded an issue at …`.
        init(console: String) {
            for raw in console.split(whereSeparator: \.isNewline) {
                let line = raw.trimmingCharacters(in: .whitespaces)
                let words = line.split(separator: " ")
                if words.count == 2, words[0] == "status", let status = Int(words[1]) { statuses.append(status) }
                if line == "checks done" { finished = true }
                guard words.count > 3, words[1] == "Test", words[0] == "✔" || words[0] == "✘" else { continue }
                lines.append(line)
                if words[0] == "✔" { passed.insert(String(words[2].prefix { $0 != "(" })) } else { failed.append(line) }
            }
        }
    }

    /// Boots, waits for the end, and reads what was said on the console.
    func run() throws -> Report {
        let tree = try GuestTree(root: state.path("root"))
        try tree.add(try #require(Self.busybox), at: "/bin/busybox")
        // The tests' own tools as this host has them; busybox for the rest, which the script alone needs.
        for program in ["sh", "sleep", "cp", "rm", "ls", "true", "tail", "cat", "setpriv"] {
            let path = try #require(
                (["/bin/", "/usr/bin/"] as [String]).map { $0 + program }.first { access($0, X_OK) == 0 })
            try tree.add(path, at: "/bin/\(program)")
        }
        for tool in ["mount", "mkdir", "ip", "dd", "printf", "chown", "sync", "reboot", "head", "env"] {
            tree.link("/bin/\(tool)", to: "busybox")
        }
        try tree.add(Self.bundle, at: "/checks.xctest")
        // The tests of the runtime's command line call it beside their bundle.
        try tree.add(Self.runtime, at: "/isolab-runtime")
        try tree.write(Self.start, to: "/start", mode: 0o755)
        try tree.write(Self.checks, to: "/checks")
        let initramfs = try Initramfs.make(layers: [tree.root], cache: Cache(root: state.path("cache")))
        try? TreeRemoval.remove(tree.root)

        let accelerator = AcceleratorReport.probe()
        // A microvm's serial port has no interrupt without ACPI: what programs write to it would never come out.
        let recipe = GuestRecipe(machine: .pc, accelerator: accelerator.forLinux, memoryMiB: 1024)
        let console = state.path("console")
        var domain = recipe.domain(
            name: "unified", kernel: try GuestKernel.find(), initramfs: initramfs.path, arguments: [],
            channelSocket: driver.channelSocket(for: "unified"), tscKilohertz: accelerator.tscKilohertz,
            consoleLog: console)
        domain.commandLine = domain.commandLine.replacing(
            "rdinit=/isolab-workload", with: "rdinit=/start loglevel=1 layout=\(layout)")
        let guest = try driver.start(domain, deadline: .seconds(60))
        _ = guest.waitForEnd(timeout: .seconds(150))
        try guest.release()
        return Report(console: (try? SystemFile.read(console)) ?? "")
    }
}
