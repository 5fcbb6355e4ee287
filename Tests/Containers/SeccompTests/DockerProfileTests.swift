import OCI
import Testing

@testable import Seccomp

@Suite struct DockerProfileTests {
    static let allowed: UInt32 = 0x7FFF_0000
    static let notPermitted: UInt32 = 0x0005_0000 | 1
    static let noSuchCall: UInt32 = 0x0005_0000 | 38

    static let program = Result { try SeccompCompiler.compile(.docker()) }

    /// Verdicts that Docker's containers are known by (x86-64 numbers): what is everyday is allowed, what needs a capability
    /// the container lacks is not permitted, clone3 and calls of the future do not exist.
    @Test(arguments: [
        ("read", SystemCallData(number: 0), allowed),
        ("execve", SystemCallData(number: 59), allowed),
        ("ptrace, safe since Linux 4.8", SystemCallData(number: 101), allowed),
        ("chroot, as the container has CAP_SYS_CHROOT", SystemCallData(number: 161), allowed),
        ("mount", SystemCallData(number: 165), notPermitted),
        ("unshare", SystemCallData(number: 272), notPermitted),
        ("io_uring_setup", SystemCallData(number: 425), notPermitted),
        ("keyctl", SystemCallData(number: 250), notPermitted),
        ("clone of a process", SystemCallData(number: 56, arguments: [17]), allowed),
        ("clone with CLONE_NEWUSER", SystemCallData(number: 56, arguments: [0x1000_0011]), notPermitted),
        ("clone with CLONE_NEWCGROUP", SystemCallData(number: 56, arguments: [0x0200_0011]), notPermitted),
        ("clone3", SystemCallData(number: 435), noSuchCall),
        ("a call of the future", SystemCallData(number: 900), noSuchCall),
        ("a call of the future, x32", SystemCallData(number: 0x4000_0000 | 900), noSuchCall),
        ("personality(PER_LINUX)", SystemCallData(number: 135, arguments: [0]), allowed),
        ("personality(?)", SystemCallData(number: 135, arguments: [0xFFFF_FFFF]), allowed),
        ("personality(ADDR_NO_RANDOMIZE)", SystemCallData(number: 135, arguments: [0x40000]), notPermitted),
        ("socket(AF_INET)", SystemCallData(number: 41, arguments: [2]), allowed),
        ("socket(AF_VSOCK)", SystemCallData(number: 41, arguments: [40]), notPermitted),
        ("socket(AF_ALG)", SystemCallData(number: 41, arguments: [38]), notPermitted),
        (
            "socket(AF_ALG), i386", SystemCallData(number: 359, architecture: SystemCallData.i386, arguments: [38]),
            notPermitted
        ),
        ("socket(AF_DECnet)", SystemCallData(number: 41, arguments: [12]), notPermitted),
        ("socket(AF_UNIX)", SystemCallData(number: 41, arguments: [1]), allowed),
        ("socket(AF_NETLINK)", SystemCallData(number: 41, arguments: [16]), allowed),
        ("socket(AF_PACKET)", SystemCallData(number: 41, arguments: [17]), allowed),
        ("socket(AF_XDP)", SystemCallData(number: 41, arguments: [44]), allowed),
        ("socket of a family to come", SystemCallData(number: 41, arguments: [46]), notPermitted),
        ("socket of a negative family", SystemCallData(number: 41, arguments: [0xFFFF_FFFF_FFFF_FFFF]), notPermitted),
        ("read, i386", SystemCallData(number: 3, architecture: SystemCallData.i386), allowed),
        ("mount, i386", SystemCallData(number: 21, architecture: SystemCallData.i386), notPermitted),
        ("write, x32", SystemCallData(number: 0x4000_0001), allowed),
        ("anything on a foreign architecture is killed", SystemCallData(number: 0, architecture: 0xC000_00B7), 0),
    ])
    func knownVerdicts(name: String, call: SystemCallData, verdict: UInt32) throws {
        let program = try Self.program.get()
        #expect(try FilterInterpreter.verdict(of: program.instructions, for: call) == verdict, "\(name)")
    }

    /// A capability opens its calls and no others.
    @Test func capabilitiesOpenTheirCalls() throws {
        let capabilities = RuntimeConfiguration.dockerCapabilities
        let program = try SeccompCompiler.compile(.docker(capabilities: capabilities + ["CAP_SYS_ADMIN"]))
        for (number, verdict): (UInt32, UInt32) in [
            (165, Self.allowed), (435, Self.allowed), (169, Self.notPermitted), (175, Self.notPermitted),
        ] {
            let call = SystemCallData(number: number)
            #expect(try FilterInterpreter.verdict(of: program.instructions, for: call) == verdict, "\(number)")
        }
        let newUser = SystemCallData(number: 56, arguments: [0x1000_0011])
        #expect(try FilterInterpreter.verdict(of: program.instructions, for: newUser) == Self.allowed)
    }

    /// The names the profile allows are names libseccomp knows, but for those newer than this libseccomp: a typing error
    /// would silently deny a call.
    @Test func namesAreKnown() throws {
        let names = Set(SeccompProfile.docker().systemCalls.flatMap(\.names))
        let unknown = names.filter { LibseccompCompiler.number(of: $0) == nil }
        // Newer than libseccomp 2.5.4 (Debian 12); later versions know more of them, never fewer.
        let newer: Set = [
            "cachestat", "fchmodat2", "futex_requeue", "futex_wait", "futex_wake", "getxattrat", "listmount",
            "listxattrat", "map_shadow_stack", "mseal", "removexattrat", "riscv_hwprobe", "setxattrat", "statmount",
            "uretprobe",
        ]
        #expect(unknown.isSubset(of: newer), "\(unknown.subtracting(newer))")
    }
}
