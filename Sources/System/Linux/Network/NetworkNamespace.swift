internal import CLinux
internal import Glibc

/// A network namespace: devices, addresses, routes and rules of one's own. It is there as long as a process is in it, or somebody has
/// its descriptor.
package enum NetworkNamespace {
    /// Makes an empty one. The caller stays where it is.
    package static func make() throws(SystemError) -> OwnedDescriptor {
        let number = isolab_make_network()
        guard number >= 0 else { throw SystemError("unshare", "network namespace") }
        return OwnedDescriptor(owning: number)
    }

    /// The one that a process is in.
    package static func of(process pid: Int32) throws(SystemError) -> OwnedDescriptor {
        try OwnedDescriptor(opening: "/proc/\(pid)/ns/net", O_RDONLY)
    }

    /// socket(2) in one; close-on-exec.
    package static func socket(
        in namespace: borrowing OwnedDescriptor, _ domain: Int32, _ type: Int32, _ object: String
    ) throws(SystemError) -> OwnedDescriptor {
        let number = isolab_socket_in_network(namespace.number, domain, type, 0)
        guard number >= 0 else { throw SystemError("socket", object) }
        return OwnedDescriptor(owning: number)
    }
}
