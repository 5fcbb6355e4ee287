import CLinux
import Glibc

/// What a child tells of its end before execve, from shared memory or, once its launcher is gone, through a FIFO.
package enum ChildFailure {
    static func error(_ operation: String, _ object: String, errno number: Int32, stage: String?) -> SystemError {
        SystemError(operation, object, errno: number, stage: stage, advice: advice(operation, number))
    }

    /// Beginning without a keyring of its own would be beginning with the launcher's.
    private static func advice(_ operation: String, _ number: Int32) -> String? {
        if operation == "sched_setattr" { return schedulingAdvice(number) }
        if operation == "move_mount", number == ENOTDIR {
            return "a file cannot be mounted over a directory, or the reverse, nor anything below a file"
        }
        guard operation == "keyctl" else { return nil }
        return number == EDQUOT
            ? "this user has reached the limit of keys (/proc/key-users): raise kernel.keys.maxkeys"
            : "with --no-new-keyring a container shares its launcher's"
    }

    private static func schedulingAdvice(_ number: Int32) -> String? {
        switch number {
        case EPERM:
            "a policy above the usual needs CAP_SYS_NICE or RLIMIT_RTPRIO, SCHED_DEADLINE every processor of the host, and "
                + "SCHED_RR and SCHED_FIFO time in the cgroup, of which a new one on v1 has none "
                + "(linux.resources.cpu.realtimeRuntime)"
        case EBUSY: "the processors cannot guarantee that much time (kernel.sched_rt_runtime_us)"
        case EINVAL: "a period must be between kernel.sched_deadline_period_min_us and …_max_us"
        default: nil
        }
    }

    /// What a container's first process says when the last of its hooks has ended well.
    package static let hooksEnded = UInt8(ISOLAB_READY)

    /// The size of a report, without what a hook has said.
    package static let reportSize = MemoryLayout<isolab_report>.size
    package static let longestReport = reportSize + Int(ISOLAB_SAID_SIZE)

    /// Reads a report (`struct isolab_report`); nil where there is none.
    ///
    /// - Parameter hooks: those that it can be about.
    package static func error(
        report bytes: [UInt8], program: String, hooks: () -> [HookFailure] = { [] }
    ) -> SystemError? {
        guard !bytes.isEmpty else { return nil }
        // Whatever is said says that it failed, also where it is cut off, or forged.
        let header = bytes.prefix(reportSize) + [UInt8](repeating: 0, count: max(0, reportSize - bytes.count))
        var report = Array(header).withUnsafeBytes { $0.loadUnaligned(as: isolab_report.self) }
        // Whoever may trace a joining process can write what he likes: no kernel has other numbers than these.
        if !(1...4095).contains(report.error) { report.error = EPROTO }
        let operations: [UInt32: String] = [
            isolab_run_hook.rawValue: "run startContainer hook of", isolab_execute.rawValue: "execve",
            isolab_seccomp.rawValue: "seccomp", isolab_no_new_privileges.rawValue: "prctl",
            isolab_parent_death.rawValue: "prctl", isolab_await_start.rawValue: "read",
            isolab_take_terminal.rawValue: "ioctl",
        ]
        if UInt32(bitPattern: report.operation) == isolab_run_hook.rawValue {
            let hooks = hooks()
            if hooks.indices.contains(Int(report.hook)) {
                return hooks[Int(report.hook)].error(
                    errno: report.error, status: report.hook_status, said: Array(bytes.dropFirst(reportSize)))
            }
        }
        return error(
            operations[UInt32(bitPattern: report.operation)] ?? "start", program, errno: report.error, stage: "start")
    }
}
