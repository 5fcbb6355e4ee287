import Glibc
import Linux
import Networks

/// Waits for whatever comes, on one thread: commands, questions, and answers of others.
final class NameServer {
    private let store: NetworkStore
    private let socketPath: String
    private var table = NameTable()
    /// By container.
    private var sandboxes: [String: Sandbox] = [:]
    private var commands: [Int32: String] = [:]
    private var connections: [Int32: Connection] = [:]
    private var pending: [Int32: PendingQuery] = [:]
    private var host = HostResolvers()
    private var turn = 0
    private var isEnding = false

    /// Sockets at which a container asks.
    private struct Sandbox {
        var packets: Int32
        var listener: Int32
    }

    init(_ store: NetworkStore, socketPath: String) {
        self.store = store
        self.socketPath = socketPath
    }

    func run() {
        while !isEnding {
            var descriptors = [pollfd(fd: 0, events: Int16(POLLIN), revents: 0)]
            var containers: [String?] = [nil]
            for (container, sandbox) in sandboxes {
                descriptors.append(pollfd(fd: sandbox.packets, events: Int16(POLLIN), revents: 0))
                descriptors.append(pollfd(fd: sandbox.listener, events: Int16(POLLIN), revents: 0))
                containers += [container, container]
            }
            for number in commands.keys { descriptors.append(pollfd(fd: number, events: Int16(POLLIN), revents: 0)) }
            for number in connections.keys { descriptors.append(pollfd(fd: number, events: Int16(POLLIN), revents: 0)) }
            for (number, query) in pending {
                descriptors.append(
                    pollfd(fd: number, events: Int16(query.awaitsWriting ? POLLOUT : POLLIN), revents: 0))
            }
            let count = poll(&descriptors, nfds_t(descriptors.count), wait())
            if count < 0, errno != EINTR { return }
            if count > 0 {
                for (place, descriptor) in descriptors.enumerated() where descriptor.revents != 0 {
                    take(descriptor.fd, container: place < containers.count ? containers[place] : nil)
                }
            }
            expire()
        }
        unlink(socketPath)
    }

    /// Milliseconds to the first deadline; −1: there is none.
    private func wait() -> Int32 {
        let deadlines = pending.values.map(\.deadline) + connections.values.map(\.deadline)
        guard let first = deadlines.min() else { return -1 }
        return Int32(clamping: max(0, Int64(first) - Int64(Self.now())))
    }

    static func now() -> UInt64 { HostClock.now() / 1_000_000 }

    private func take(_ descriptor: Int32, container: String?) {
        if descriptor == 0 { return accept() }
        if let container, let sandbox = sandboxes[container] {
            if descriptor == sandbox.packets { return takePackets(descriptor, container) }
            if descriptor == sandbox.listener { return takeConnection(descriptor, container) }
        }
        if commands[descriptor] != nil { return takeCommand(descriptor) }
        if connections[descriptor] != nil { return takeStream(descriptor) }
        if pending[descriptor] != nil { takeAnswer(descriptor) }
    }

    // MARK: - Commands

    private func accept() {
        let number = Glibc.accept(0, nil, nil)
        guard number >= 0 else { return }
        _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        commands[number] = ""
    }

    private func takeCommand(_ number: Int32) {
        var bytes = [UInt8](repeating: 0, count: 64)
        let (socket, count) = UnixSocket.receive(over: number, into: &bytes)
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        if socket >= 0 {
            _ = fcntl(socket, F_SETFL, O_NONBLOCK)
            if text == "t", let container = commands[number], var sandbox = sandboxes[container] {
                sandbox.listener = socket
                sandboxes[container] = sandbox
                reload()
                return answer(number)
            }
            remove(text)
            sandboxes[text] = Sandbox(packets: socket, listener: -1)
            commands[number] = text
            return
        }
        guard text == "c" else {
            close(number)
            commands[number] = nil
            return
        }
        reload()
        if sandboxes.isEmpty {
            isEnding = true
            unlink(socketPath)
        }
        answer(number)
    }

    private func answer(_ number: Int32) { _ = send(number, "k", 1, Int32(MSG_NOSIGNAL | MSG_DONTWAIT)) }

    /// Takes the names that are recorded now, and lets go of who is in no network any more.
    private func reload() {
        guard let table = try? NameTable(store) else { return }
        self.table = table
        for container in sandboxes.keys where !table.containers.contains(container) { remove(container) }
    }

    private func remove(_ container: String) {
        guard let sandbox = sandboxes.removeValue(forKey: container) else { return }
        for number in [sandbox.packets, sandbox.listener] where number >= 0 { close(number) }
        for (number, connection) in connections where connection.container == container { end(connection: number) }
        for (number, query) in pending where query.container == container {
            close(number)
            pending[number] = nil
        }
    }

    // MARK: - Questions

    /// A container may ask as much as it likes; others are answered, too.
    private static let greatestBurst = 64
    private static let greatestPending = 128
    private static let greatestConnections = 16

    private func takePackets(_ socket: Int32, _ container: String) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        for _ in 0..<Self.greatestBurst {
            var place = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let count = withUnsafeMutablePointer(to: &place) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    recvfrom(socket, &buffer, buffer.count, Int32(MSG_DONTWAIT), $0, &length)
                }
            }
            guard count > 0 else { return }
            let asker = Asker.packet(socket: socket, place: place, length: length)
            take(Array(buffer.prefix(count)), container, asker)
        }
    }

    private func takeConnection(_ listener: Int32, _ container: String) {
        let number = Glibc.accept(listener, nil, nil)
        guard number >= 0 else { return }
        _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        _ = fcntl(number, F_SETFL, O_NONBLOCK)
        guard connections.values.count(where: { $0.container == container }) < Self.greatestConnections else {
            close(number)
            return
        }
        connections[number] = Connection(container: container, deadline: Self.now() + 10_000)
    }

    private func takeStream(_ number: Int32) {
        guard var connection = connections[number] else { return }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(number, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        guard count > 0 else { return end(connection: number) }
        connection.buffer += buffer.prefix(count)
        let messages = connection.takeMessages()
        connections[number] = connection
        guard let messages else { return end(connection: number) }
        for message in messages { take(message, connection.container, .stream(number)) }
    }

    /// Closes a container's connection, with the questions that came by it: the next connection has the same number, and may be
    /// another container's, in another network.
    private func end(connection number: Int32) {
        close(number)
        connections[number] = nil
        for (other, query) in pending where query.asker.isStream(number) {
            close(other)
            pending[other] = nil
        }
    }

    private func take(_ message: [UInt8], _ container: String, _ asker: Asker) {
        // What is no question is not answered: its sender is nobody who waits.
        guard let query = NameQuery(message) else { return }
        if let answer = ownAnswer(query, container, asker.isStream) { return asker.send(answer) }
        guard let servers = table.servers(for: container, host: host.servers()), !servers.isEmpty else {
            return asker.send(query.failure(.unknown))
        }
        guard pending.values.count(where: { $0.container == container }) < Self.greatestPending else {
            return asker.send(query.failure(.refused))
        }
        ask(PendingQuery(query: query, message: message, container: container, asker: asker, servers: servers))
    }

    /// Of names in the container's networks; nil for others.
    private func ownAnswer(_ query: NameQuery, _ container: String, _ isStream: Bool) -> [UInt8]? {
        if query.kind == .pointer {
            return table.holder(of: query.name, for: container).map { query.answer(name: $0) }
        }
        guard let addresses = table.addresses(of: query.name, for: container) else { return nil }
        var fitting = addresses.filter { query.kind == .v4 && $0.isV4 || query.kind == .v6 && !$0.isV4 }
        // Each in turn is the first.
        if fitting.count > 1 {
            turn &+= 1
            let first = abs(turn % fitting.count)
            fitting = Array(fitting[first...] + fitting[..<first])
        }
        return query.answer(fitting, isTruncating: !isStream)
    }

    // MARK: - Others

    private func ask(_ query: PendingQuery) {
        var query = query
        while let server = query.nextServer() {
            guard let number = query.open(server) else { continue }
            pending[number] = query
            return
        }
        query.asker.send(query.query.failure(.server))
    }

    private func takeAnswer(_ number: Int32) {
        guard var query = pending[number] else { return }
        switch query.proceed(number) {
        case .waits: pending[number] = query
        case .answered(let message):
            close(number)
            pending[number] = nil
            query.asker.send(message)
        case .failed:
            close(number)
            pending[number] = nil
            ask(query)
        }
    }

    private func expire() {
        let now = Self.now()
        for (number, query) in pending where query.deadline <= now {
            close(number)
            pending[number] = nil
            ask(query)
        }
        for (number, connection) in connections where connection.deadline <= now { end(connection: number) }
    }
}
