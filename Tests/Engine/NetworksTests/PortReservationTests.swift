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
    ///
    /// - Parameter isSharing: whether it takes a port that others share with it as well.
    static func open(
        _ transport: PublishedPort.Transport, isV4: Bool, port: UInt16, isSharing: Bool = false
    ) -> Int32? {
        let type = Int32((transport == .tcp ? SOCK_STREAM : SOCK_DGRAM).rawValue) | 0x80000
        let number = socket(isV4 ? AF_INET : AF_INET6, type, 0)
        guard number >= 0 else { return nil }
        var on: Int32 = 1
        if isSharing { setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size)) }
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

    /// The addresses of one family are not the other's: both may be published side by side, and the same ones not twice. Naive: either is
    /// every address, and the second is refused.
    @Test func families() throws {
        func port(_ address: String?) throws -> PublishedPort {
            PublishedPort(
                .tcp, address: try address.map { try #require(IPAddress($0)) }, port: 80, containerPort: 80)
        }
        let apart: [(String?, String?)] = [("0.0.0.0", "::"), ("0.0.0.0", "::1"), ("127.0.0.1", "::"), ("::1", "::2")]
        for (one, other) in apart {
            #expect(try !PortReservation.collide(port(one), port(other)), "\(one ?? "") \(other ?? "")")
        }
        let same: [(String?, String?)] = [
            (nil, "0.0.0.0"), ("::", nil), ("0.0.0.0", "127.0.0.1"), ("::1", "::"), ("::", "::"), (nil, nil),
        ]
        for (one, other) in same {
            #expect(try PortReservation.collide(port(one), port(other)), "\(one ?? "") \(other ?? "")")
        }
        // A program may have the number on the other family by chance, but hardly each time.
        let isFree = (0..<20).contains { _ in
            let reservation = PortReservation()
            let everywhere = PublishedPort(.tcp, address: IPAddress("0.0.0.0"), port: 0, containerPort: 80)
            guard let first = try? reservation.reserve(everywhere, besides: []) else { return false }
            var second = first
            second.address = IPAddress("::")
            return (try? reservation.reserve(second, besides: [first])) != nil
        }
        #expect(isFree)
    }

    /// Whoever asks at a port that the rules lead nowhere, as that of a family which the container does not have, is refused at once, and
    /// the port is nobody else's, not even of one who would share it. Naive: a connection is taken that nobody answers.
    @Test(arguments: [true, false]) func refuses(isV4: Bool) throws {
        let reservation = PortReservation()
        let port = try reservation.reserve(PublishedPort(.tcp, port: 0, containerPort: 80), besides: [])
        let number = socket(isV4 ? AF_INET : AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(number) }
        var place = SocketAddress(try #require(IPAddress(isV4 ? "127.0.0.1" : "::1")), port: port.port)
        let reason = place.withPointer { connect(number, $0, $1) == 0 ? 0 : errno }
        #expect(reason == ECONNREFUSED)
        #expect(Listener.open(.tcp, isV4: isV4, port: port.port, isSharing: true) == nil)
        withExtendedLifetime(reservation) {}
    }
}
