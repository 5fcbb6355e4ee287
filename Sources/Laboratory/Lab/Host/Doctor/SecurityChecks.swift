import Glibc
import Linux

/// Seccomp, security modules, Landlock.
enum SecurityChecks {
    static func all() -> [Capability] {
        let modules = HostSource.host.text("/sys/kernel/security/lsm")
        return [seccomp(), securityModules(modules), landlock()]
    }

    /// Loads a filter that allows everything.
    static func seccomp() -> Capability {
        // BPF_RET | BPF_K with SECCOMP_RET_ALLOW, one struct sock_filter as a 64-bit word.
        let allow: UInt64 = 0x7fff_0000_0000_0006
        let library =
            ProgramFacts.library(.host, "libseccomp.so.2").map { "libseccomp \($0)" } ?? "libseccomp linked in"
        do throws(SystemError) {
            try ChildAttempt.run([.noNewPrivileges, .seccomp(instructions: [allow], flags: 0)])
            return Capability("seccomp", .works, "a filter was loaded; \(library)", needed: true)
        } catch {
            return Capability(
                "seccomp", .missing, "\(error)", remedy: "a kernel with CONFIG_SECCOMP_FILTER", needed: true)
        }
    }

    static func securityModules(_ list: String?) -> Capability {
        guard let list, !list.isEmpty else {
            return Capability(
                "security modules", .limited, "the kernel's list cannot be read",
                remedy: "sudo mount -t securityfs none /sys/kernel/security")
        }
        let modules = list.split(separator: ",").map(String.init)
        let profiles = modules.filter { ["apparmor", "selinux", "smack", "tomoyo"].contains($0) }
        return profiles.isEmpty
            ? Capability("security modules", .limited, "\(list); none that confines containers by profile")
            : Capability("security modules", .works, list)
    }

    static func landlock() -> Capability {
        do throws(SystemError) {
            return Capability("Landlock", .works, "interface version \(try Landlock.version())")
        } catch {
            return Capability(
                "Landlock", .missing, "\(error)",
                remedy: error.errno == EOPNOTSUPP ? "add landlock to lsm= on the kernel's command line" : "")
        }
    }
}
