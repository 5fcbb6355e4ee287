import Glibc
import Linux

/// How long a child that is to join a container is waited for while it is out of the container's sight: what holds it up then is a
/// file system that the container serves (FUSE), or a frozen cgroup.
///
/// Who makes a successor of that child asks, so it allocates nothing while it is asked: memory that this program came by meanwhile
/// would be the successor's, too.
final class JoinPatience {
    private enum Verdict {
        case signal(Int32)
        case tooLate
        case frozen
    }

    private let watch: JoinWatch
    private let paused: FreezerLook?
    private let frozen: FreezerLook?
    private let born = HostClock.now()
    private var beginning = HostClock.now()
    private var frozenSince: UInt64?
    private var verdict: Verdict?

    /// - Parameters:
    ///   - watch: which limits hold.
    ///   - paused: the container's own cgroup; while that is frozen, nobody is late.
    ///   - frozen: the cgroup of v2 that the child is born in.
    init(_ watch: JoinWatch, paused: FreezerLook? = nil, frozen: FreezerLook? = nil) {
        self.watch = watch
        self.paused = paused
        self.frozen = frozen
    }

    /// Whether it is not waited for any longer.
    func isOver() -> Bool {
        let signal = RequestToEnd.pending
        let now = HostClock.now()
        if signal != 0, now &- born >= watch.deafness {
            verdict = .signal(signal)
        } else if paused?.isFrozen == true {
            beginning = now
            frozenSince = nil
        } else if now &- beginning >= watch.limit {
            verdict = .tooLate
        } else if frozen?.isFrozen == true {
            let since = frozenSince ?? now
            frozenSince = since
            if now &- since >= watch.patience { verdict = .frozen }
        } else {
            frozenSince = nil
        }
        return verdict != nil
    }

    /// Why it is not; nil as long as it is.
    func refusal(_ program: String) -> SystemError? {
        switch verdict {
        case .signal(let signal): watch.refusal(program, JoinWatch.words(forSignal: signal))
        case .tooLate: watch.refusal(program, watch.tooLate)
        case .frozen: watch.refusal(program, JoinWatch.frozen)
        case nil: nil
        }
    }
}
