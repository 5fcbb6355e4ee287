import CLinux
import Glibc

/// Sends a signal by pidfd; a process that has ended already is no error.
func sendSignal(_ signal: Int32, to pidfd: Int32, _ pid: Int32) throws(SystemError) {
    if isolab_pidfd_send_signal(pidfd, signal) == -1, errno != ESRCH {
        throw SystemError("pidfd_send_signal \(signal)", "process \(pid)")
    }
}

/// Makes orphans of this process's descendants its own children, to be reaped by it (`prctl(2)`,
/// PR_SET_CHILD_SUBREAPER): the daemons a peer leaves are then seen to end, with their exact exit and usage.
public func becomeSubreaper() throws(SystemError) {
    if isolab_set_child_subreaper(1) == -1 { throw SystemError("prctl PR_SET_CHILD_SUBREAPER", "this process") }
}
