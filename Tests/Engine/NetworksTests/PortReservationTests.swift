import Glibc
import Testing

@testable import Networks

/// A program of the host that listens on one family alone.
private enum Listener {
    static let hasSix: Bool = {
        guard let number = Listener.open(.tcp, isV4: false, port: 0) else { return false }
        close(number)
        return true
    }()

    /// Its socket; nil where it may not listen there.
    static func open(_ transport: PublishedPort.Transport, isV4: Bool, port: UInt16) -> Int32? {
        let type = Int32((transport == .tcp ? SOCK_STREAM : SOCK_DGRAM).rawValue) | 0x80000
        let number = socket(isV4 ? AF_INET : AF_INET6, type, 0)
        guard number >= 0 else { return nil }
        var on: Int32 = 1
        // IPPROTO_IPV6 and IPV6_V6ONLY.
        if !isV4 { setsockopt(number, 41, 26, &on, socklen_t(MemoryLayout<Int32>.size)) }
        var place = SocketAddress(IPAddress(isV4: isV4, number: 0), port: port)
        if place.withPointer({ bind(number, $0, $1) }) == 0, transport == .udp || listen(number, 1) == 0 {
            return number
        }
        close(number)
        return nil
    }
}

/// Ports of the host that are published: on both families, and nobody else's.
@Suite(.enabled(if: Listener.hasSix, "needs IPv6")) struct PortReservationTests {
    /// What a program listens on is refused, whichever family it is of, and the words are docker's. Naive: only IPv4 is looked at, and the
    /// program is not reached any more.
    @Test(arguments: PublishedPort.Transport.allCases, [true, false])
    func portsOfPrograms(transport: PublishedPort.Transport, isV4: Bool) throws {
        let program = try #require(Listener.open(transport, isV4: isV4, port: 0))
        defer { close(program) }
        let port = PublishedPort(transport, port: try #require(SocketAddress.port(of: program)), containerPort: 80)
        let error = #expect(throws: NetworkError.self) { try PortReservation().reserve(port, besides: []) }
        #expect(error?.description.contains("address already in use") == true)
    }

    /// One that is chosen is free on both, and is kept as long as the reservation is there.
    @Test(arguments: PublishedPort.Transport.allCases) func chosenPorts(transport: PublishedPort.Transport) throws {
        let reservation = PortReservation()
        let port = try reservation.reserve(PublishedPort(transport, port: 0, containerPort: 80), besides: [])
        #expect(port.port != 0)
        for isV4 in [true, false] {
            #expect(Listener.open(transport, isV4: isV4, port: port.port) == nil)
        }
        let error = #expect(throws: NetworkError.self) { try PortReservation().reserve(port, besides: [port]) }
        #expect(error?.description.contains("port is already allocated") == true)
        withExtendedLifetime(reservation) {}
    }
}
