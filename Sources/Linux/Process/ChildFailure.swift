import CLinux
import Glibc

/// What a child tells of its end before execve, from shared memory or, once its launcher is gone, through a FIFO.
package enum ChildFailure {
    static func error(
        _ operation: String, _ object: String, errno number: Int32, hookStatus: Int32, stage: String?
    ) -> SystemError {
        guard hookStatus != 0 else {
            return SystemError(operation, object, errno: number, stage: stage, advice: advice(operation, number))
        }
        // As waitpid(2) packs it.
        let signal = hookStatus & 0x7f
        let words = signal == 0 ? "ended with exit status \(hookStatus >> 8 & 0xff)" : "was killed by signal \(signal)"
        return SystemError("run hook", "\(object): it \(words)", errno: 0, stage: stage)
    }

    /// Beginning without a keyring of its own would be beginning with the launcher's.
    private static func advice(_ operation: String, _ number: Int32) -> String? {
        if operation == "sched_setattr" { return schedulingAdvice(number) }
        guard operation == "keyctl" else { return nil }
        return number == EDQUOT
            ? "this user has as many keys as he may (/proc/key-users): raise kernel.keys.maxkeys"
            : "with --no-new-keyring a container shares its launcher's"
    }

    private static func schedulingAdvice(_ number: Int32) -> String? {
        switch number {
        case EPERM:
            "a policy above the usual needs CAP_SYS_NICE or RLIMIT_RTPRIO, and SCHED_DEADLINE every processor of the host"
        case EBUSY: "the processors have no such time left to promise (kernel.sched_rt_runtime_us)"
        case EINVAL: "a period must be between kernel.sched_deadline_period_min_us and …_max_us"
        default: nil
        }
    }

    /// The size of a report.
    package static let reportSize = MemoryLayout<isolab_report>.size

    /// Reads a report (`struct isolab_report`); nil where there is none.
    package static func error(report bytes: [UInt8], program: String) -> SystemError? {
        guard bytes.count >= reportSize else { return nil }
        var report = bytes.withUnsafeBytes { $0.loadUnaligned(as: isolab_report.self) }
        // Whoever may trace a joining process can write what he likes: no kernel has other numbers than these.
        if !(1...4095).contains(report.error) { report.error = EPROTO }
        let operations: [UInt32: String] = [
            isolab_run_hook.rawValue: "run hook startContainer", isolab_execute.rawValue: "execve",
            isolab_seccomp.rawValue: "seccomp", isolab_no_new_privileges.rawValue: "prctl",
            isolab_parent_death.rawValue: "prctl", isolab_await_start.rawValue: "read",
            isolab_take_terminal.rawValue: "ioctl",
        ]
        return error(
            operations[UInt32(bitPattern: report.operation)] ?? "start", program, errno: report.error,
            hookStatus: report.hook_status, stage: "start")
    }
}
