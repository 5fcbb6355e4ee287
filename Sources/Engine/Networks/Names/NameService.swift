import Glibc
package import Linux

/// What commands tell the server of names: who is in networks. One server for all networks of a data directory, started with the
/// first container in one, and gone with the last.
///
/// All of it is told by whoever may change networks, so that no server ends while another container is put in its care.
package struct NameService: Sendable {
    let store: NetworkStore

    package init(_ store: NetworkStore) { self.store = store }

    /// Where containers ask, as with Docker.
    package static let address = "127.0.0.11"
    /// Where guests ask: on their link, in their cell.
    package static let guestAddress = "169.254.127.11"
    /// From where they ask that have no other address of IPv4.
    package static let askingAddress = "169.254.127.12"

    private var socketPath: String { "\(StandardDirectories.state)/\(store.firewallTable)-names" }

    /// Has names resolved in a sandbox whose loopback is up, or in a guest's cell that has the address.
    package func serve(
        _ container: String, in sandbox: borrowing OwnedDescriptor, at address: String = NameService.address,
        _ change: borrowing NetworkChange
    ) throws {
        guard let place = IPAddress(address) else { return }
        var sockets: [OwnedSocket] = []
        for type in [SOCK_DGRAM, SOCK_STREAM] {
            let socket = try NetworkNamespace.socket(
                in: sandbox, AF_INET, Int32(type.rawValue), "the server of names")
            var name = SocketAddress(place, port: 53)
            let number = socket.number
            let result = name.withPointer { bind(number, $0, $1) }
            guard result == 0, type == SOCK_DGRAM || listen(number, 16) == 0 else {
                throw SystemError("bind", "\(address):53 of the container")
            }
            sockets.append(OwnedSocket(socket))
        }
        let connection = try connect(starting: true)
        guard let connection else { throw SystemError("connect", socketPath, errno: ECONNREFUSED) }
        let name = Array(container.utf8)
        guard UnixSocket.send(sockets[0].number, with: name, over: connection.number),
            UnixSocket.send(sockets[1].number, with: [UInt8(ascii: "t")], over: connection.number)
        else { throw SystemError("send", socketPath) }
        try waitForAnswer(connection.number)
    }

    /// Has the server look at the records again: names of containers that are gone lead nowhere, and with the last of them it ends.
    package func refresh(_ change: borrowing NetworkChange) {
        guard let connection = try? connect(starting: false) else { return }
        guard send(connection.number, "c", 1, Int32(MSG_NOSIGNAL)) == 1 else { return }
        try? waitForAnswer(connection.number)
    }

    /// Whether there is a server, for what it is asked about.
    package var isRunning: Bool {
        guard let connection = try? connect(starting: false) else { return false }
        _ = consume connection
        return true
    }

    private func waitForAnswer(_ connection: Int32) throws(SystemError) {
        var answer: UInt8 = 0
        let count = try retryingOnInterrupt("recv", socketPath) { recv(connection, &answer, 1, 0) }
        guard count == 1 else {
            throw SystemError("ask", "isolab-names", errno: ECONNRESET, advice: "the server of names has ended")
        }
    }

    private func connect(starting: Bool) throws -> OwnedSocket? {
        if let connection = try? UnixSocket.connect(socketPath) { return OwnedSocket(connection) }
        guard starting else { return nil }
        let program = StandardDirectories.programs + "/isolab-names"
        guard access(program, X_OK) == 0 else {
            throw NetworkError.refused("networks need \(program)", advice: "install it in the directory of isolab")
        }
        try StandardDirectories.claim(StandardDirectories.state)
        // Left by one that was killed.
        unlink(socketPath)
        let listener = UnixSocket.listen(socketPath)
        guard listener >= 0 else { throw SystemError("listen", socketPath) }
        let held = OwnedDescriptor(owning: listener)
        chmod(socketPath, 0o600)
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDWR)
        _ = try ProcessPlan(
            program, [store.path, socketPath], environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
            workingDirectory: "/", group: .ownSession
        ).spawn(StandardStreams(input: held.number, output: null.number, error: null.number))
        return OwnedSocket(try UnixSocket.connect(socketPath))
    }
}

/// A socket that several hold.
private final class OwnedSocket {
    private let descriptor: OwnedDescriptor
    var number: Int32 { descriptor.number }

    init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }
}
