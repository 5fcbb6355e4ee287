import Glibc
import Testing

@testable import Linux

@Suite struct ProcfsTests {
    /// A process name may hold spaces and parentheses; the fields after it are still found.
    @Test func statusWithAnAwkwardName() throws {
        let line = "42 (a) b (c) S 7 42 42 0 -1 4194304 1 2 3 4 150 50 0 0 20 0 1 0 98765 1 1 1\n"
        let status = try #require(Procfs.status(line: line, ticks: 100))
        #expect(status.name == "a) b (c")
        #expect(status.state == "S")
        #expect(status.parent == 7)
        #expect(status.userTime == 1_500_000_000)
        #expect(status.systemTime == 500_000_000)
        #expect(status.startTime == 98765)
    }

    /// Unique memory is what is private, clean or dirty.
    @Test func memoryFromARollup() throws {
        let memory = try #require(
            Procfs.memory(
                rollup: """
                    00400000-7ffe [rollup]
                    Rss:                 300 kB
                    Pss:                 120 kB
                    Private_Clean:        10 kB
                    Private_Dirty:        20 kB
                    Swap:                  4 kB
                    """))
        #expect(memory == Procfs.Memory(resident: 307_200, proportional: 122_880, unique: 30_720, swap: 4096))
        #expect(Procfs.memory(rollup: "") == nil)
    }

    /// A live child is found among the descendants with its parent, and its memory can be read.
    @Test func aLiveChild() throws {
        let process = try ProcessPlan("/bin/sleep", ["60"]).spawn()
        defer { _ = try? process.wait() }
        #expect(try Procfs.status(of: process.pid).parent == getpid())
        #expect(try Procfs.descendants(of: getpid()).contains(process.pid))
        #expect(try #require(try Procfs.memory(of: process.pid)).proportional > 0)
        try process.kill()
    }

    /// Octal escapes in mount points are undone.
    @Test func mountEntry() throws {
        let entry = try #require(
            MountEntry(line: #"36 35 98:0 /mnt1 /mnt\0402 rw,noatime master:1 - ext3 /dev/root rw,errors=continue"#))
        #expect(entry.root == "/mnt1")
        #expect(entry.target == "/mnt 2")
        #expect(entry.type == "ext3")
        #expect(entry.superOptions == "rw,errors=continue")
        #expect(MountEntry(line: "nonsense") == nil)
        // A mount point with a blank or a backslash in its name is found by its real name.
        for (written, name) in [(#"/run/a\040b\134c"#, #"/run/a b\c"#), (#"/run/plain\04"#, #"/run/plain\04"#)] {
            #expect(MountEntry(line: "36 35 98:0 / \(written) rw - ext4 /dev/sda rw")?.target == name)
        }
    }
}

@Suite struct ValueTests {
    /// Options go where they belong, and a later one overrules an earlier one.
    @Test func mountOptions() {
        let options = MountOptions([
            "rbind", "ro", "rw", "nosuid", "rslave", "mode=755", "rro", "tmpcopyup", "defaults",
        ])
        #expect(options.flags == [.bind, .recursive, .noSetUserID])
        #expect(options.cleared == .readOnly)
        #expect(options.propagation == [.follower, .recursive])
        #expect(options.recursive == .readOnly)
        #expect(options.data == "mode=755")
        #expect(options.copiesUp)
        #expect(options.attributes == .noSetUserID)
        #expect(options.clearedAttributes == .readOnly)
    }

    /// Names and numbers agree with <linux/capability.h> at both ends and where Docker's mask is known.
    @Test func capabilityNames() {
        #expect(CapabilitySet(named: "CAP_CHOWN")?.rawValue == 1)
        #expect(CapabilitySet(named: "sys_admin")?.rawValue == 1 << 21)
        #expect(CapabilitySet(named: "CAP_CHECKPOINT_RESTORE")?.rawValue == 1 << 40)
        #expect(CapabilitySet(named: "CAP_FLY") == nil)
        #expect(CapabilitySet(rawValue: 0xa804_25fb).memberNames.count == 14)
    }

    /// The numbers of the resources are the kernel's.
    @Test func resourceNames() {
        #expect(ResourceLimit.Resource(named: "RLIMIT_NOFILE")?.rawValue == 7)
        #expect(ResourceLimit.Resource(named: "RLIMIT_RTTIME")?.rawValue == 15)
        let files = ResourceLimit.current(.openFiles)
        #expect(files.hard >= files.soft)
    }
}
