import CLinux
import Glibc
import Synchronization

/// A child that has been handed over (`ChildStep.handOver`) and waits for its start in this process's memory.
package enum WaitingChild {
    private static let address = Atomic<UInt>(0)

    static func note(_ child: UnsafeMutablePointer<isolab_child>) {
        address.store(UInt(bitPattern: child), ordering: .releasing)
    }

    /// Ends this process, which has done its part. Of its memory the child keeps what it needs, and whoever looks into the child
    /// from the container that it is to be finds nothing else.
    package static func leave() -> Never {
        fflush(nil)
        guard let child = UnsafeMutablePointer<isolab_child>(bitPattern: address.load(ordering: .acquiring)) else {
            _exit(0)
        }
        // An ordinary user's own tools find its namespaces by /proc only where it may be dumped.
        isolab_leave(child, StandardDirectories.isHostRoot ? 0 : 1)
    }
}
