import CLinux

/// A descriptor of another process.
package enum ForeignDescriptor {
    /// A copy of it (pidfd_getfd(2)).
    ///
    /// - Parameter object: what it is, for the error.
    package static func copy(
        _ number: Int32, of pid: Int32, _ object: String
    ) throws(SystemError) -> OwnedDescriptor {
        guard let process = Procfs.descriptor(of: pid) else { throw SystemError("pidfd_open", "process \(pid)") }
        let copy = isolab_pidfd_getfd(process.number, number)
        guard copy >= 0 else { throw SystemError("pidfd_getfd", object) }
        return OwnedDescriptor(owning: copy)
    }
}
