import CLinux

/// The namespaces of the calling thread.
package enum ThreadNamespaces {
    /// Takes the thread into a namespace of others (setns(2)).
    ///
    /// - Parameter object: whose it is, for the error.
    package static func join(_ descriptor: Int32, _ namespaces: Namespaces, _ object: String) throws(SystemError) {
        try retryingOnInterrupt("setns \(namespaces)", object) {
            isolab_join_namespace(descriptor, Int32(truncatingIfNeeded: namespaces.rawValue))
        }
    }

    /// Gives the thread namespaces of its own (unshare(2)).
    ///
    /// - Returns: 0; −1 and errno.
    package static func unshare(_ namespaces: Namespaces) -> Int32 {
        isolab_unshare_thread(Int32(truncatingIfNeeded: namespaces.rawValue))
    }
}
