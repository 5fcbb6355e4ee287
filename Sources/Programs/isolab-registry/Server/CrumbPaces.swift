import NIOCore
import Synchronization

/// The pace of crumbs of each event loop.
final class CrumbPaces: Sendable {
    private let paces = Mutex<[ObjectIdentifier: NIOLoopBound<CrumbPace>]>([:])

    /// To be called on the loop itself.
    func pace(of loop: any EventLoop) -> CrumbPace {
        paces.withLock { paces in
            let found = paces[ObjectIdentifier(loop)] ?? NIOLoopBound(CrumbPace(), eventLoop: loop)
            paces[ObjectIdentifier(loop)] = found
            return found
        }.value
    }
}
