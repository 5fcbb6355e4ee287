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
                let (socket, number) = try Self.bind(port)
                var found = port
                found.port = number
                if !others.contains(where: { Self.collide($0, found) }) {
                    sockets.append(socket)
                    return found
                }
                close(socket)
            }
            throw NetworkError.portTaken("\(port.containerPort)/\(port.transport.rawValue) (no free one)")
        }
        guard !others.contains(where: { Self.collide($0, port) }) else { throw NetworkError.portTaken(Self.text(port)) }
        sockets.append(try Self.bind(port).socket)
        return port
    }

    deinit { for socket in sockets { close(socket) } }

    static func collide(_ one: PublishedPort, _ other: PublishedPort) -> Bool {
        one.transport == other.transport && one.port == other.port
            && (one.address == nil || other.address == nil || one.address == other.address)
    }

    private static func text(_ port: PublishedPort) -> String {
        (port.address.map { "\($0.isV4 ? "\($0)" : "[\($0)]"):" } ?? "") + "\(port.port)/\(port.transport.rawValue)"
    }

    private static func bind(_ port: PublishedPort) throws -> (socket: Int32, port: UInt16) {
        let isV4 = port.address?.isV4 ?? true
        let type = Int32((port.transport == .tcp ? SOCK_STREAM : SOCK_DGRAM).rawValue) | 0x80000
        let number = socket(isV4 ? AF_INET : AF_INET6, type, 0)
        guard number >= 0 else { throw SystemError("socket", text(port)) }
        var on: Int32 = 1
        // A connection that has ended does not keep a port. (For UDP the option would share the port with whoever sets it as well.)
        if port.transport == .tcp {
            setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        }
        var place = SocketAddress(port.address ?? IPAddress(isV4: true, number: 0), port: port.port)
        guard place.withPointer({ Glibc.bind(number, $0, $1) }) == 0,
            port.transport == .udp || listen(number, 0) == 0
        else {
            let reason = errno
            close(number)
            guard reason == EADDRINUSE else { throw SystemError("bind", "port \(text(port))", errno: reason) }
            throw NetworkError.portTaken(text(port))
        }
        return (number, SocketAddress.port(of: number) ?? port.port)
    }
}
