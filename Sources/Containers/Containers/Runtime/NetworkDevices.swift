import Glibc
import Linux

/// Gives a network device of the host to a container (config-linux.md, "Network Devices"): moved, under its new name, with
/// the global addresses it had, and up.
enum NetworkDevices {
    static func move(_ move: NetworkDeviceMove, to pid: Int32) throws(SystemError) {
        let index = if_nametoindex(move.device)
        guard index != 0 else { throw SystemError("find network device", move.device, errno: ENODEV) }
        var here = try RouteSocket()
        let addresses = try here.globalAddresses(of: index, move.device)
        try here.move(index, toNamespaceOf: pid, name: move.name, "\(move.device) → \(move.name)")

        // The rest happens over there: this thread joins for a moment. The program has no other thread.
        let own = try OwnedDescriptor(opening: "/proc/thread-self/ns/net", O_RDONLY)
        let theirs = try OwnedDescriptor(opening: "/proc/\(pid)/ns/net", O_RDONLY)
        try ThreadNamespaces.join(theirs.number, .network, "process \(pid)")
        do throws(SystemError) {
            let inside = if_nametoindex(move.name)
            var there = try RouteSocket()
            for address in addresses { try there.add(address, to: inside, move.name) }
            try there.bringUp(inside, move.name)
        } catch {
            try ThreadNamespaces.join(own.number, .network, "the host's network")
            throw error
        }
        try ThreadNamespaces.join(own.number, .network, "the host's network")
    }
}
