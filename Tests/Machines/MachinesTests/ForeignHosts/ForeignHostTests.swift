import Glibc
import Linux
import Testing

@testable import Machines

/// The runtime core on hosts that this one is not: with everything on cgroup v2, as users' hosts have it, and with everything on
/// v1. This very test bundle, run in a guest of our own with a distribution's kernel, as root and as an ordinary user.
@Suite(.enabled(if: ForeignHost.canRun, BootedHost.reason), .serialized)
struct ForeignHostTests {
    @Test(arguments: ForeignHost.Layout.allCases) func suites(layout: ForeignHost.Layout) throws {
        let report = try ForeignHost(layout: layout).run()
        #expect(report.finished, "the guest did not come to its end; \(report.tail)")
        #expect(report.failed.isEmpty)
        // A filter that matches nothing, or a condition that is never met, must not look like success.
        for name in layout.indispensable { #expect(report.passed.contains(name), "\(name) did not run") }
        #expect(report["as root"].status == 0)
        #expect(report["as an ordinary user"].status == 0)
    }
}

/// The guest: its tree, what it does, what it said.
struct ForeignHost {
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

    private static let bundle = BootedHost.products + "/isolabPackageTests.xctest"
    static let canRun =
        BootedHost.canBoot && ([bundle, "/usr/bin/setpriv"] as [String]).allSatisfy { access($0, X_OK) == 0 }

    let layout: Layout

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
        ConsoleReport.script + """
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
                exec < /dev/null > /dev/ttyS0 2>&1
            export PATH=/bin:/usr/bin HOME=/ NO_COLOR=1 SWIFT_BACKTRACE=enable=no
            # A distribution has overlayfs as a module, which is not brought along.
            run() { "$@" --testing-library swift-testing --filter "$filter" --skip overlayKeepsTheLayerBelow; }
            filter='\(suites)'
            section 'as root' run /checks.xctest
            # An ordinary user's cgroup, as systemd would delegate it (cgroups(7), "Delegation containment").
            cd /sys/fs/cgroup
            if [ -e cgroup.procs ]; then
                mkdir user
                echo '+cpu +memory +pids' > cgroup.subtree_control
                chown 65534 user user/cgroup.procs user/cgroup.subtree_control user/cgroup.threads
            fi
            filter='LinuxTests.(DelegatedCgroupTests|UndelegatedCgroupTests)/'
            section 'as an ordinary user' run sh -c '[ ! -d user ] || echo 0 > user/cgroup.procs || exit
                exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"' sh /checks.xctest
            echo '== end'
            sync
            reboot -f
            """

    func run() throws -> ConsoleReport {
        let host = try BootedHost("\(layout)")
        let tree = try GuestTree(root: host.state.path("root"))
        try tree.add(try #require(BootedHost.busybox), at: "/bin/busybox")
        // The tests' own tools as this host has them; busybox for the rest, which the script alone needs.
        for program in ["sh", "sleep", "cp", "rm", "ls", "true", "tail", "cat", "setpriv"] {
            let path = try #require(
                (["/bin/", "/usr/bin/"] as [String]).map { $0 + program }.first { access($0, X_OK) == 0 })
            try tree.add(path, at: "/bin/\(program)")
        }
        for tool in ["mount", "mkdir", "ip", "printf", "chown", "sync", "reboot", "head", "env"] {
            tree.link("/bin/\(tool)", to: "busybox")
        }
        try tree.add(Self.bundle, at: "/checks.xctest")
        // The tests of the runtime's command line call it beside their bundle.
        try tree.add(BootedHost.products + "/isolab-runtime", at: "/isolab-runtime")
        try tree.write(Self.start, to: "/init", mode: 0o755)
        try tree.write(Self.checks, to: "/checks")
        return try host.run(
            tree,
            BootedHost.Machine(
                accelerator: AcceleratorReport.probe().forLinux, words: ["layout=\(layout)"]))
    }
}
