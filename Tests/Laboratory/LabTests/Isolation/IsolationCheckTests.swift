import Glibc
import Linux
import Machines
import OCI
import Testing
import WorkloadProtocol

@testable import Lab

/// What a lane declares, held against made-up observations: every way in which a sandbox can be less than its lane is told.
struct IsolationCheckTests {
    static let kinds = ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"]

    static let harness: ObservedIsolation = {
        var harness = ObservedIsolation()
        for (place, kind) in kinds.enumerated() { harness.namespaces[kind] = "\(kind):[\(4_026_531_830 + place)]" }
        harness.seccompMode = 0
        harness.noNewPrivileges = false
        harness.answers = ["keyctl": 95, "userfaultfd": 22, "add_key": 14]
        harness.bounding = CapabilitySet(rawValue: (1 << 41) - 1)
        harness.effective = harness.bounding
        harness.root = .init(device: 1, inode: 2, isReadOnly: false)
        harness.cgroup = "0::/shell"
        harness.boot = "8c0b7a0e"
        harness.kernel = "6.1.0-host"
        return harness
    }()

    /// A container as Docker's profile makes it.
    static let container: ObservedIsolation = {
        var container = harness
        for kind in ["cgroup", "ipc", "mnt", "net", "pid", "uts"] {
            container.namespaces[kind] = "\(kind):[4026532999]"
        }
        container.seccompMode = 2
        container.answers = ["keyctl": 1, "userfaultfd": 1, "add_key": 1]
        container.bounding = declared.bounding
        container.effective = declared.bounding
        container.root = .init(device: 7, inode: 2, isReadOnly: true)
        container.cgroup = "0::/isolab/one"
        return container
    }()

    static let declared = DeclaredIsolation(
        ContainerConfiguration.make(
            .init(rootReadOnly: true), arguments: ["/workload"], rootPath: "/", cgroupPath: "/lane"), harness)

    private static func objection(_ change: (inout ObservedIsolation) -> Void) -> String? {
        var observed = container
        change(&observed)
        return IsolationCheck(declared: declared, harness: harness).objection(to: observed)
    }

    /// Where the kernel answers as a filter would, nobody can tell whether one is there.
    @Test func answersThatTellNothing() {
        var harness = Self.harness
        harness.answers = ["keyctl": 1, "userfaultfd": 22]
        var observed = Self.container
        observed.answers = ["userfaultfd": 1, "add_key": 14]
        #expect(IsolationCheck(declared: Self.declared, harness: harness).objection(to: observed) == nil)
        // A profile that names a call does not refuse it.
        var configuration = ContainerConfiguration.make(
            .init(rootReadOnly: true), arguments: ["/workload"], rootPath: "/", cgroupPath: "/lane")
        configuration.linux?.seccomp = SeccompProfile(
            defaultAction: .errno, defaultErrorNumber: 38, systemCalls: [.init(["keyctl"], .allow)])
        let declared = DeclaredIsolation(configuration, Self.harness)
        #expect(declared.refusedCalls == ["userfaultfd": 38, "add_key": 38])
    }

    /// Sandboxes that live at once have each its own; what a lane shares with the host, or may, they share.
    @Test func neighbours() {
        var (one, other) = (Self.container, Self.container)
        for kind in ["cgroup", "ipc", "mnt", "net", "pid", "uts"] { other.namespaces[kind] = "\(kind):[4026533111]" }
        #expect(IsolationWitness.shared([one, other], Self.declared) == nil)
        #expect(IsolationWitness.shared([one], Self.declared) == nil)
        other.namespaces["net"] = one.namespaces["net"]
        #expect(IsolationWitness.shared([one, other], Self.declared)?.hasSuffix("share their net namespace") == true)
        one.namespaces["ipc"] = other.namespaces["ipc"]
        #expect(
            IsolationWitness.shared([one, other], Self.declared)?.hasSuffix("share their ipc, net namespaces") == true)
        #expect(IsolationWitness.shared([one, other], DeclaredIsolation()) == nil)
    }

    @Test func whole() { #expect(Self.objection { _ in } == nil) }

    struct Case: Sendable, CustomTestStringConvertible {
        let words: String
        let change: @Sendable (inout ObservedIsolation) -> Void
        var testDescription: String { words }
    }

    static let less =
        ["cgroup", "ipc", "mnt", "net", "pid", "uts"].map { kind in
            Case(words: "the host's \(kind) namespace") { $0.namespaces[kind] = harness.namespaces[kind] }
        } + [
            Case(words: "a user namespace of its own") { $0.namespaces["user"] = "user:[1]" },
            Case(words: "its pid namespace cannot be observed") { $0.namespaces["pid"] = nil },
            Case(words: "its namespaces cannot be observed") { $0.namespaces = [:] },
            Case(words: "seccomp mode 0 instead of 2") { $0.seccompMode = 0 },
            Case(words: "seccomp mode unknown instead of 2") { $0.seccompMode = nil },
            Case(words: "its filter lets keyctl through, which is answered with errno 95") {
                $0.answers["keyctl"] = 95
            },
            Case(words: "its filter lets add_key through, which is not told of") { $0.answers["add_key"] = nil },
            Case(words: "no_new_privs true instead of false") { $0.noNewPrivileges = true },
            Case(words: "can have sys_admin besides what is declared") {
                $0.bounding?.insert(CapabilitySet(rawValue: 1 << 21))
            },
            Case(words: "lacks chown") { $0.bounding?.remove(CapabilitySet(rawValue: 1)) },
            Case(words: "its capabilities cannot be observed") { $0.bounding = nil },
            Case(words: "effective capabilities beyond its bounding set: sys_admin") {
                $0.effective?.insert(CapabilitySet(rawValue: 1 << 21))
            },
            Case(words: "lacks chown of its effective capabilities") {
                $0.effective?.remove(CapabilitySet(rawValue: 1))
            },
            Case(words: "the host's root") { $0.root = harness.root },
            Case(words: "its root cannot be observed") { $0.root = nil },
            Case(words: "a root that can be written to") { $0.root?.isReadOnly = false },
            Case(words: "a kernel of its own") { $0.boot = "another" },
            Case(words: "'seccomp' was said twice") { $0.repeated = "seccomp" },
        ]

    @Test(arguments: less) func lessThanDeclared(_ example: Case) {
        let objection = Self.objection(example.change)
        #expect(objection?.contains(example.words) == true, "\(objection ?? "admitted")")
    }

    /// A plain process is all that the harness is, and nothing less open either.
    @Test func plainProcess() {
        let check = IsolationCheck(declared: .plainProcess(Self.harness), harness: Self.harness)
        #expect(check.objection(to: Self.harness) == nil)
        let words = check.objection(to: Self.container)
        #expect(words?.contains("a pid namespace of its own") == true)
        #expect(words?.contains("seccomp mode 2 instead of 0") == true)
        #expect(words?.contains("a root of its own") == true)
    }

    /// A guest runs on another kernel: of the release that was given to it, and never of the host's own boot.
    @Test func guests() {
        let check = IsolationCheck(declared: .guest(release: "6.1.0-guest"), harness: Self.harness)
        var guest = ObservedIsolation()
        #expect(check.objection(to: guest)?.contains("did not say what kernel") == true)
        guest.kernel = "6.1.0-guest"
        guest.boot = "its own"
        #expect(check.objection(to: guest) == nil)
        guest.boot = Self.harness.boot
        #expect(check.objection(to: guest)?.contains("the host's kernel, by its boot identity") == true)
        guest.kernel = "6.1.0-host"
        #expect(check.objection(to: guest)?.contains("6.1.0-host instead of 6.1.0-guest") == true)
        let any = IsolationCheck(declared: .guest(release: nil), harness: Self.harness)
        guest.boot = nil
        #expect(any.objection(to: guest)?.contains("the host's kernel, by its release") == true)
    }

    /// What a workload says of itself must be what the host sees of its process.
    @Test func contradiction() {
        #expect(IsolationCheck.contradiction(inside: Self.container, outside: Self.container) == nil)
        for change: (inout ObservedIsolation) -> Void in [
            { $0.namespaces["net"] = Self.harness.namespaces["net"] }, { $0.seccompMode = 0 },
            { $0.noNewPrivileges = true }, { $0.effective = [] }, { $0.bounding = [] }, { $0.root?.inode = 3 },
        ] {
            var outside = Self.container
            change(&outside)
            #expect(IsolationCheck.contradiction(inside: Self.container, outside: outside) != nil)
        }
    }

    /// The workload's lines are read as they are written; what is malformed is unknown, what comes twice is told.
    @Test func lines() {
        func observed(_ text: String) -> ObservedIsolation {
            var transcript = Transcript()
            Array(text.utf8).withUnsafeBytes { transcript.append($0, at: 1) }
            return ObservedIsolation(transcript.lines)
        }
        let whole = observed(
            """
            self ns.mnt mnt:[4026531841]
            self seccomp 2
            self no-new-privileges 1
            self capabilities.effective 0000000000000001
            self capabilities.bounding 00000000a80425fb
            self root 42 7 794c7630 00000021
            self cgroup 0::/
            self boot 8c0b7a0e
            self kernel 6.1.0

            """)
        #expect(whole.namespaces == ["mnt": "mnt:[4026531841]"])
        #expect(whole.seccompMode == 2 && whole.noNewPrivileges == true)
        #expect(whole.effective == CapabilitySet(rawValue: 1) && whole.bounding?.rawValue == 0xa804_25fb)
        #expect(whole.root == .init(device: 42, inode: 7, isReadOnly: true))
        #expect(whole.cgroup == "0::/" && whole.boot == "8c0b7a0e" && whole.kernel == "6.1.0")
        #expect(whole.repeated == nil)
        let broken = observed("self seccomp two\nself root 1 2\nself no-new-privileges yes\nself boot a\nself boot b\n")
        #expect(broken.seccompMode == nil && broken.root == nil && broken.noNewPrivileges == nil)
        #expect(broken.repeated == "boot" && broken.boot == "a")
    }

    /// A container's memory is limited as its lane says, and what is to be masked or read only has something mounted over it.
    @Test func confinement() {
        var declared = Self.declared
        declared.maskedPaths = ["/proc/kcore", "/proc/absent"]
        declared.readOnlyPaths = ["/proc/sys"]
        let limit: UInt64 = 512 << 20
        #expect(declared.memoryLimit == limit)
        #expect(declared.mountPoints.contains("/dev/shm"))
        declared.mountPoints = ["/proc"]
        let usual = SandboxLimits(
            processes: 256, processors: 2, allowsEveryDevice: false, controllers: ["cpu", "pids"])
        func objection(_ limit: UInt64?, _ mounts: [String: Bool], _ limits: SandboxLimits? = nil) -> String? {
            ConfinementLook(memoryLimit: limit, limits: limits ?? usual, mounts: mounts) { $0 != "/proc/absent" }
                .objection(declared)
        }
        let mounts = ["/": false, "/proc": false, "/proc/kcore": false, "/proc/sys": true]
        #expect(objection(limit, mounts) == nil)
        #expect(
            objection(limit, mounts.filter { $0.key != "/proc" })?.contains("nothing is mounted on /proc") == true)
        var other = usual
        other.processes = nil
        #expect(objection(limit, mounts, other)?.contains("its processes are limited to no number") == true)
        // What the host cannot limit, nobody is refused for.
        other.controllers = ["cpu"]
        #expect(objection(limit, mounts, other) == nil)
        other.processors = 4
        #expect(objection(limit, mounts, other)?.contains("limited to 4.0 instead of 2.0") == true)
        other = usual
        other.allowsEveryDevice = true
        #expect(objection(limit, mounts, other)?.contains("every device") == true)
        #expect(SandboxLimits.processorTime("200000 100000\n") == 2)
        #expect(
            SandboxLimits.processorTime("max 100000\n") == nil && SandboxLimits.processorTime("-1\n 100000\n") == nil)
        #expect(SandboxLimits.allowsEverything("a *:* rwm\n") && !SandboxLimits.allowsEverything("c 1:3 rwm\n"))
        #expect(objection(nil, mounts)?.contains("no limit that can be seen") == true)
        #expect(objection(limit * 2, mounts)?.contains("instead of 536870912 bytes") == true)
        #expect(objection(limit, mounts.filter { $0.key != "/proc/kcore" })?.contains("over /proc/kcore") == true)
        #expect(
            objection(limit, ["/proc/kcore": false, "/proc/sys": false])?.contains("/proc/sys can be written to")
                == true)
        let lines = ["22 1 0:1 / /proc/sys ro,nosuid - proc proc rw", "23 1 0:2 / / rw - ext4 a rw"]
        let entries = lines.compactMap { MountEntry(line: $0) }
        #expect(
            ConfinementLook.mounts(entries)
                == ["/proc/sys": true, "/": false])
        #expect(MemoryCgroup.path(in: "4:cpu,memory:/a/b\n0::/c\n", version: 1) == "/a/b")
        #expect(MemoryCgroup.path(in: "4:memory:/a\n0::/\n", version: 2) == "")
    }

    /// A guest's process is QEMU, with KVM's virtual machine in it or without, as its lane says.
    @Test func guestLook() {
        let accelerated = GuestLook(program: "qemu-system-x86_64", holdsMachine: true)
        #expect(accelerated.objection(.kvm) == nil)
        #expect(accelerated.objection(.tcg)?.contains("software emulation") == true)
        let translated = GuestLook(program: "qemu-system-x86_64", holdsMachine: false)
        #expect(translated.objection(.tcg) == nil)
        #expect(translated.objection(.kvm)?.contains("without KVM") == true)
        #expect(GuestLook(program: "sleep", holdsMachine: false).objection(.tcg)?.contains("not QEMU") == true)
    }

    /// A guest that ends while it is looked at was not without its virtual machine: its descriptors go before it does.
    @Test func endingGuest() throws {
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDWR)
        for _ in 0..<200 {
            let process = try ProcessPlan("/bin/true").spawn(StandardStreams(input: null.number))
            defer { process.end() }
            while let look = GuestLook(process: process.pid, machine: "/dev/null") {
                #expect(look == GuestLook(program: look.program, holdsMachine: true))
            }
        }
    }
}
