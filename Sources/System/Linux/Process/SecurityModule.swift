/// A security module by which a process gets a label at its next execve (proc_pid_attr(5)).
public enum SecurityModule: UInt64, Sendable {
    case appArmor = 0
    case selinux = 1

    var files: [String] {
        switch self {
        case .appArmor: ["/proc/self/attr/apparmor/exec", "/proc/self/attr/exec"]
        case .selinux: ["/proc/self/attr/exec"]
        }
    }
}
