import Glibc
import Linux

/// Ports of the host that containers publish: nobody else may listen on them meanwhile.
package final class PortReservation {
    private var sockets: [Int32] = []

    package init() {}

    /// Takes a port; one of 0 becomes one that is free.
    ///
    /// - Throws: `NetworkError.portTaken` where somebody listens on it, or another container publishes it.
    package func reserve(_ port: PublishedPort, besides others: [PublishedPort]) throws -> PublishedPort {
        guard port.port != 0 else {
            // Bound to any, until one is nobody's.
            for _ in 0..<64 {
                guard let taken = try Self.bind(port) else { continue }
                var found = port
                found.port = taken.port
                if !others.contains(where: { Self.collide($0, found) }) {
                    sockets += taken.sockets
                    return found
                }
                for socket in taken.sockets { close(socket) }
            }
            throw NetworkError.portTaken(
                "\(port.containerPort)/\(port.transport.rawValue) (no free one)", byContainer: false)
        }
        guard !others.contains(where: { Self.collide($0, port) }) else {
            throw NetworkError.portTaken(Self.text(port), byContainer: true)
        }
        guard let taken = try Self.bind(port) else { throw NetworkError.portTaken(Self.text(port), byContainer: false) }
        sockets += taken.sockets
        return port
    }

    deinit { for socket in sockets { close(socket) } }

    static func collide(_ one: PublishedPort, _ other: PublishedPort) -> Bool {
        guard one.transport == other.transport, one.port == other.port else { return false }
        guard let first = one.address, let second = other.address else { return true }
        return first.isV4 == second.isV4 && (first == second || first.number == 0 || second.number == 0)
    }

    private static func text(_ port: PublishedPort) -> String {
        (port.address.map { "\($0.isV4 ? "\($0)" : "[\($0)]"):" } ?? "") + "\(port.port)/\(port.transport.rawValue)"
    }

    /// One of every address is one of both families: a program may listen on IPv6 alone.
    ///
    /// - Returns: nil where a program has the port.
    private static func bind(_ port: PublishedPort) throws(SystemError) -> (sockets: [Int32], port: UInt16)? {
        if let address = port.address { return try bind(port, at: address).map { ([$0.socket], $0.port) } }
        guard let first = try bind(port, at: IPAddress(isV4: true, number: 0)) else { return nil }
        var same = port
        same.port = first.port
        do throws(SystemError) {
            if let second = try bind(same, at: IPAddress(isV4: false, number: 0)) {
                return ([first.socket, second.socket], first.port)
            }
            close(first.socket)
            return nil
        } catch {
            // Of a host without IPv6 nothing is published there.
            guard [EAFNOSUPPORT, EADDRNOTAVAIL].contains(error.errno) else {
                close(first.socket)
                throw error
            }
            return ([first.socket], first.port)
        }
    }

    /// Takes a port of an address, on which nobody is answered: what the rules do not lead to the container is refused there at once.
    private static func bind(
        _ port: PublishedPort, at address: IPAddress
    ) throws(SystemError) -> (socket: Int32, port: UInt16)? {
        guard let taken = try open(port, at: address) else { return nil }
        guard port.transport == .tcp else { return taken }
        if port.port == 0 {
            // One that the kernel chose is free again when nobody listens; one that was asked for is not.
            close(taken.socket)
            var chosen = port
            chosen.port = taken.port
            return try bind(chosen, at: address)
        }
        // Whoever listens takes connections that nobody would ever answer. The port stays this socket's; nobody shares it.
        var off: Int32 = 0
        guard shutdown(taken.socket, Int32(SHUT_RD)) == 0,
            setsockopt(taken.socket, SOL_SOCKET, SO_REUSEADDR, &off, socklen_t(MemoryLayout<Int32>.size)) == 0
        else {
            let reason = errno
            close(taken.socket)
            throw SystemError("shutdown", "port \(text(port))", errno: reason)
        }
        return taken
    }

    /// - Returns: nil where somebody has the port.
    private static func open(
        _ port: PublishedPort, at address: IPAddress
    ) throws(SystemError) -> (socket: Int32, port: UInt16)? {
        let type = Int32((port.transport == .tcp ? SOCK_STREAM : SOCK_DGRAM).rawValue) | 0x80000
        let number = socket(address.isV4 ? AF_INET : AF_INET6, type, 0)
        guard number >= 0 else { throw SystemError("socket", text(port)) }
        var on: Int32 = 1
        // A connection that has ended does not keep a port. (For UDP the option would share the port with whoever sets it as well.)
        if port.transport == .tcp {
            setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        }
        // IPPROTO_IPV6 and IPV6_V6ONLY: IPv4 has a socket of its own.
        if !address.isV4 { setsockopt(number, 41, 26, &on, socklen_t(MemoryLayout<Int32>.size)) }
        var place = SocketAddress(address, port: port.port)
        guard place.withPointer({ Glibc.bind(number, $0, $1) }) == 0,
            port.transport == .udp || listen(number, 0) == 0
        else {
            let reason = errno
            close(number)
            guard reason == EADDRINUSE else { throw SystemError("bind", "port \(text(port))", errno: reason) }
            return nil
        }
        return (number, SocketAddress.port(of: number) ?? port.port)
    }
}
