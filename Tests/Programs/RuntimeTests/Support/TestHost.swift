import Glibc
import Linux
import Testing

/// What the tests need of this host, and why a test is passed over without it.
enum TestHost {
    static let busybox: String? = (["/bin/busybox", "/usr/bin/busybox"] as [String]).first { access($0, X_OK) == 0 }
    static let canRun = geteuid() == 0 && busybox != nil
    static let reason: Comment = "needs root and busybox-static"

    static func has(_ program: String) -> Bool {
        ProcessPlan.path(of: program, environment: []) != nil
    }

    static let layout = try? CgroupLayout.detect()

    static func hasController(_ name: String) -> Bool { layout?.controllers.contains(name) ?? false }

    /// Whether every process may be kept from the kernel's killer.
    static let mayProtect =
        CapabilitySet(named: "CAP_SYS_RESOURCE").map(CapabilitySet.boundingSet().isSuperset) ?? false

    static let securityModules = (try? SystemFile.read("/sys/kernel/security/lsm")) ?? ""
}
