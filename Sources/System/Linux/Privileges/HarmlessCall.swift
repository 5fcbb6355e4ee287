import CLinux

/// A system call that does nothing whoever makes it, because its arguments are nonsense: how it is answered tells whether a
/// seccomp filter stands before the kernel. `isolab-workload` makes the same three.
package enum HarmlessCall: String, CaseIterable, Sendable {
    case keyctl
    case userfaultfd
    case addKey = "add_key"

    /// The errno it is answered with here.
    package var answer: Int32 {
        switch self {
        case .keyctl: isolab_harmless_call(0)
        case .userfaultfd: isolab_harmless_call(1)
        case .addKey: isolab_harmless_call(2)
        }
    }
}
