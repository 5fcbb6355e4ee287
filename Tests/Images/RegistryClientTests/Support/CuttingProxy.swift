import Glibc
import Linux
import Synchronization

/// A bad line to a good server: passes bytes on, and cuts connections after so many of them.
final class CuttingProxy: Sendable {
    let port: UInt16
    private let listener: Int32
    private let cuts: Mutex<[Int]>

    var name: String { "127.0.0.1:\(port)" }

    /// How many cuts are still to come.
    var cutsLeft: Int { cuts.withLock { $0.count } }

    /// - Parameter cuts: for each connection that comes to it, after how many bytes of either direction it is cut; those after
    ///   the last are left whole. Connections that pass less keep the cut for the next.
    init(to target: UInt16, cuts: [Int]) throws {
        self.cuts = Mutex(cuts)
        (listener, port) = try Loopback.listen()
        Loopback.serve(listener) { [weak self] client in
            guard let self, let server = Loopback.connect(target) else {
                close(client)
                return
            }
            self.pass(client, server)
            close(client)
            close(server)
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private func pass(_ client: Int32, _ server: Int32) {
        let limit = cuts.withLock { $0.first }
        var passed = [0, 0]
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            var waited = [client, server].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard poll(&waited, 2, 30_000) > 0 else { return }
            for side in 0..<2 where waited[side].revents != 0 {
                let count = recv(waited[side].fd, &buffer, buffer.count, 0)
                guard count > 0 else { return }
                passed[side] += count
                var rest = buffer[..<count]
                while !rest.isEmpty {
                    let sent = rest.withUnsafeBytes {
                        send(waited[1 - side].fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                    }
                    guard sent > 0 else { return }
                    rest = rest.dropFirst(sent)
                }
                if let limit, passed[side] >= limit {
                    cuts.withLock { if $0.first == limit { $0.removeFirst() } }
                    return
                }
            }
        }
    }
}
