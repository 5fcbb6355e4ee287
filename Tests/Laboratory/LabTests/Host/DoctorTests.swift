import Glibc
import Linux
import Machines
import TestSupport
import Testing

@testable import Lab

/// What `isolab doctor` concludes.
@Suite struct DoctorTests {
    /// The whole examination of this machine: every capability once, each lack with what to do or a reason in words, and
    /// nothing left behind in the state directory or among the cgroups.
    @Test func thisMachine() throws {
        let place = try TemporaryDirectory()
        let directory = place.path
        let found = Doctor.examine(stateDirectory: "\(directory)/state", cacheDirectory: "\(directory)/cache")
        #expect(Set(found.map(\.name)).count == found.count)
        #expect(found.allSatisfy { !$0.detail.isEmpty && !$0.detail.contains("\n") })
        for name in [
            "root", "namespace pid", "namespace mnt", "namespace user", "cgroups", "overlay file system", "seccomp",
            "security modules", "Landlock", "libvirt", "QEMU", "KVM", "guest kernel", "peer crun", "space for state",
            "isolab-workload",
        ] {
            #expect(found.contains { $0.name == name }, "\(name)")
        }
        if geteuid() == 0 { #expect(!found.contains { $0.remedy.hasPrefix("sudo ") }) }
        for base in (try? CgroupLayout.detect())?.hierarchies.map({ $0.mountPoint + "/isolab" }) ?? [] {
            let left = (try? SystemFile.names(in: base)) ?? []
            #expect(!left.contains { $0.hasPrefix("doctor-\(getpid())-") }, "\(base)")
        }
        #expect(access("\(directory)/cache", F_OK) != 0)
        removeEmptyTree("\(directory)/state")
    }

    /// What the container tests do here anyway, the doctor finds possible.
    @Test(.enabled(if: geteuid() == 0, "overlay and namespaces need root"))
    func findsWhatRootCanDo() {
        #expect(FileChecks.overlay().state == .works, "\(FileChecks.overlay().detail)")
        #expect(SecurityChecks.seccomp().state == .works)
        for namespace in NamespaceChecks.all() { #expect(namespace.state == .works, "\(namespace)") }
        for cgroups in CgroupChecks.all() { #expect(cgroups.state != .missing, "\(cgroups)") }
    }

    /// The main job is refused for a needed lack only.
    @Test func mainJobNeedsOnlyWhatIsNeeded() {
        let fine = Capability("root", .works, "root", needed: true)
        let limited = Capability("cgroups", .limited, "no cpu", needed: true)
        let peer = Capability("peer crun", .missing, "not installed")
        #expect([fine, limited, peer].allowMainJob)
        #expect(![fine, Capability("QEMU", .missing, "none", needed: true)].allowMainJob)
    }

    /// An ordinary user, a root with all capabilities, one without some, and one that is none.
    @Test(arguments: [
        (false, 0x1ff_ffff_ffff as UInt64, Capability.State.missing, "ordinary user"),
        (true, 0x1ff_ffff_ffff, .works, "every capability"),
        (true, 0x1ff_feff_ffff, .limited, "CAP_SYS_RESOURCE"),
        (true, 0xa804_25fb, .missing, "container"),
    ])
    func rootIsMoreThanUserZero(isRoot: Bool, bounding: UInt64, state: Capability.State, words: String) {
        let capability = PrivilegeChecks.root(isRoot: isRoot, bounding: bounding)
        #expect(capability.state == state)
        #expect(capability.detail.contains(words))
    }

    /// A program that is slow to tell its version is not one that is absent, nor is one that fails. Naive: all three are "not installed".
    @Test func programsAreAbsentOrFailOrTakeLong() {
        var host = HostSource(recorded: [:])
        for check in [ProgramChecks.qemu(host), ProgramChecks.peer("runc", package: "runc", host)] {
            #expect(check.state == .missing && check.detail == "not installed" && check.remedy.contains("apt-get"))
        }
        host.ask = { _ in .late(seconds: 20) }
        for check in [ProgramChecks.qemu(host), ProgramChecks.peer("runc", package: "runc", host)] {
            #expect(check.state == .limited && check.detail.hasPrefix("installed, but it did not tell"), "\(check)")
            #expect(!check.remedy.contains("apt-get"))
        }
        host.ask = { _ in .failed("no such library") }
        let broken = ProgramChecks.qemu(host)
        #expect(broken.state == .missing && broken.detail == "installed, but it fails: no such library")
    }

    /// Programs of this host are asked where lanes find them, and each answer is told from the others.
    @Test func programsAreAskedWhereLanesFindThem() throws {
        let path = try #require(HostProgram.path(of: "sh"))
        #expect(ProgramAnswer(to: ["sh", "-c", "echo told; echo more >&2"]) == .said("told\nmore"))
        #expect(ProgramAnswer(to: [path, "-c", "echo why >&2; exit 3"]) == .failed("why"))
        #expect(ProgramAnswer(to: ["no-such-program"]) == .absent)
        #expect(ProgramAnswer(to: ["sleep", "1000"], within: 1) == .late(seconds: 1))
    }

    /// Cgroups: none mounted, some controllers absent, and one that cannot be made are told apart.
    @Test func cgroupsAreJudgedByMakingOne() {
        let none = CgroupChecks.check(CgroupLayout(hierarchies: [])) {}
        #expect(none.state == .missing)
        let layout = CgroupLayout(hierarchies: [
            CgroupHierarchy(version: 2, controllers: ["cpu", "pids"], mountPoint: "/sys/fs/cgroup", ownPath: "/")
        ])
        let lacking = CgroupChecks.check(layout) {}
        #expect(lacking.state == .limited)
        #expect(lacking.detail.contains("memory"))
        #expect(lacking.remedy.contains("cgroup_enable=memory"))
        let refused = CgroupChecks.check(layout) { () throws(SystemError) in
            throw SystemError("mkdir", "/sys/fs/cgroup/isolab", errno: EACCES)
        }
        #expect(refused.state == .missing)
        #expect(refused.detail.contains("mkdir /sys/fs/cgroup/isolab"))
        #expect(refused.remedy == "sudo isolab doctor")
    }

    /// An ordinary user's containers run without a cgroup, and images in a user namespace of his own: he is told what works.
    @Test func whatAnOrdinaryUserCanDo() {
        let refused = Capability("cgroups", .missing, "v2", remedy: "sudo isolab doctor", needed: true)
        let told = CgroupChecks.forUser(refused, canDelegate: true)
        #expect(told.state == .limited && told.detail.contains("without limits"))
        #expect(told.remedy.hasPrefix("systemd-run --user"))
        // Where nobody could give him a cgroup, nothing is advised that cannot work.
        let alone = CgroupChecks.forUser(refused, canDelegate: false)
        #expect(alone.remedy.contains("sudo isolab run") && !alone.remedy.contains("systemd-run"))
        #expect(CgroupChecks.forUser(Capability("cgroups", .works, "v2"), canDelegate: false).state == .works)
        let fine = ["mnt", "pid", "net", "uts", "ipc"].map { Capability("namespace \($0)", .works, "made") }
        let overlay = Capability("overlay file system", .works, "mounted")
        #expect(UserChecks.images(fine + [overlay], lack: nil).state == .works)
        let images = UserChecks.images(fine + [overlay], lack: "/etc/subuid has no line")
        #expect(images.state == .limited && images.detail.contains("/etc/subuid"))
        let without = UserChecks.images(fine + [Capability("overlay file system", .missing, "EPERM")], lack: nil)
        #expect(without.state == .limited && without.detail.contains("copies its image"))
        let none = [Capability("namespace pid", .missing, "EPERM"), overlay]
        #expect(UserChecks.images(none, lack: nil).state == .missing)
    }

    /// KVM is what the probe found; without it the sentence says what happens instead.
    @Test func acceleratorIsNeverNeeded() {
        let pvm = AcceleratorReport(
            kind: .pvm, bootsStockKernel: false, runsMicroGuest: true, reason: "no paging", remedy: nil, hints: [],
            tscKilohertz: 1)
        let capability = MachineChecks.accelerator(pvm)
        #expect(capability.state == .limited)
        #expect(!capability.needed)
        #expect(capability.detail.contains("software emulation"))
    }

    /// A kernel found, one that can be fetched, and none.
    @Test func guestKernelFoundOrFetchable() {
        let found = MachineChecks.kernel(candidate: ("/boot/vmlinuz-6", .host)) { nil }
        #expect(found.state == .works)
        #expect(found.detail == "/boot/vmlinuz-6, the host's own")
        #expect(
            MachineChecks.kernel(candidate: nil) { "linux-image-virtual 6.8" }.detail.contains("linux-image-virtual"))
        #expect(MachineChecks.kernel(candidate: nil) { nil }.state == .missing)
    }

    /// The first package with a candidate is taken from apt's answer; Ubuntu has no Debian package and the reverse.
    @Test func candidateInPolicy() {
        let answer = """
            linux-image-cloud-amd64:
              Installed: (none)
              Candidate: (none)
              Version table:
            linux-image-virtual:
              Installed: (none)
              Candidate: 6.8.0-45.45
              Version table:
                 6.8.0-45.45 500
            """
        #expect(MachineChecks.candidate(inPolicy: answer) == "linux-image-virtual 6.8.0-45.45")
        #expect(MachineChecks.candidate(inPolicy: "N: Unable to locate package linux-image-cloud-amd64") == nil)
    }

    /// Space is judged against what a run needs, where the directory would be made.
    @Test func spaceForScratch() {
        #expect(FileChecks.space("state", "/tmp/not/there/yet", wanted: 1).state == .works)
        #expect(FileChecks.space("state", "/tmp", wanted: .max).state == .missing)
        #expect(FileChecks.space("state", "/proc/isolab", wanted: 1).state == .missing)
    }

    private func removeEmptyTree(_ path: String) {
        for name in (try? SystemFile.names(in: path)) ?? [] { removeEmptyTree("\(path)/\(name)") }
        rmdir(path)
    }
}
