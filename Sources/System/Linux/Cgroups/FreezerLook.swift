import CLinux
import Glibc

/// Looks again and again whether a cgroup stands still, and allocates nothing while it does.
package final class FreezerLook {
    private let directory: OwnedDescriptor
    /// Whether v1's freezer is meant.
    private let isClassic: Bool

    /// Of an open directory of v2; nil where there is none.
    ///
    /// - Parameter directory: borrowed.
    package init?(unified directory: Int32) {
        let copy = fcntl(directory, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { return nil }
        self.directory = OwnedDescriptor(owning: copy)
        isClassic = false
    }

    /// Of what freezes a cgroup as a whole; nil where nothing can.
    package init?(_ cgroup: Cgroup) {
        let classic = cgroup.directory(of: "freezer").flatMap { $0.version == 1 ? $0.path : nil }
        guard let path = classic ?? cgroup.unified?.path,
            let directory = try? CgroupFile.open(path, OwnedDescriptor.pathOnly | O_DIRECTORY)
        else { return nil }
        self.directory = directory
        isClassic = classic != nil
    }

    /// The same of an open directory of v2, whose owner is the caller.
    package static func isFrozen(unified directory: Int32) -> Bool { isolab_cgroup_is_frozen(directory, 0) != 0 }

    package var isFrozen: Bool { isolab_cgroup_is_frozen(directory.number, isClassic ? 1 : 0) != 0 }
}
