import CLinux
import Glibc

/// Makes orphans of this process's descendants its own children, to be reaped by it (`prctl(2)`,
/// PR_SET_CHILD_SUBREAPER): the daemons a peer leaves are then seen to end, with their exact exit and usage.
public func becomeSubreaper() throws(SystemError) {
    if isolab_set_child_subreaper(1) == -1 { throw SystemError("prctl PR_SET_CHILD_SUBREAPER", "this process") }
}
