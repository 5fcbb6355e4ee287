import Glibc
import Linux
import OCI
import Synchronization

/// What a client does to a registry.
enum Deed: String, CaseIterable {
    case pushLarge, pushLargeStreamed, pullLarge, pushSmall, pullSmall, pushSmallAtOnce, pullSmallAtOnce

    func heading(_ options: Options) -> String {
        let large = "one blob of \(options.large >> 20) MiB"
        let small = "\(options.smallCount) blobs of \(options.small) bytes"
        return switch self {
        case .pushLarge: "Push of \(large): `POST`, `PUT`"
        case .pushLargeStreamed: "Push of \(large): `POST`, `PATCH`, `PUT`, as podman, skopeo and Docker push"
        case .pullLarge: "Pull of \(large)"
        case .pushSmall: "Push of \(small), one after another on one connection: `POST`, `PUT` each"
        case .pullSmall: "Pull of \(small), one after another on one connection"
        case .pushSmallAtOnce: "Push of \(small) by \(options.clients) clients at once"
        case .pullSmallAtOnce: "Pull of \(small) by \(options.clients) clients at once"
        }
    }
}

/// Bytes that no registry has seen, and their names: made before anything is measured.
// Written when it is made and between two deeds, by one thread; the threads of a deed only read.
final class Load: @unchecked Sendable {
    let large: UnsafeMutableRawBufferPointer
    private(set) var largeDigest: Digest
    private(set) var small: [[UInt8]]
    private(set) var smallDigests: [Digest]

    init(_ options: Options, _ generator: inout some RandomNumberGenerator) {
        large = .allocate(byteCount: options.large, alignment: 4096)
        for index in 0..<(options.large / 8) {
            large.storeBytes(of: generator.next() as UInt64, toByteOffset: index * 8, as: UInt64.self)
        }
        largeDigest = Digest(sha256Of: UnsafeRawBufferPointer(large))
        small = (0..<options.smallCount).map { _ in
            (0..<options.small).map { _ in UInt8.random(in: 0...255, using: &generator) }
        }
        smallDigests = small.map { Digest(sha256Of: $0) }
    }

    deinit { large.deallocate() }

    /// Makes other bytes of them, so that no registry has them already.
    func renew() {
        large[0] = large[0] &+ 1
        largeDigest = Digest(sha256Of: UnsafeRawBufferPointer(large))
        for index in small.indices { small[index][0] = small[index][0] &+ 1 }
        smallDigests = small.map { Digest(sha256Of: $0) }
    }
}

/// A registry under load.
struct Work: Sendable {
    let port: UInt16
    let load: Load
    let clients: Int

    /// - Returns: nanoseconds.
    func perform(_ deed: Deed, _ repository: String) throws -> UInt64 {
        switch deed {
        case .pushLarge:
            return try time {
                try push(Client(port: port), repository, load.largeDigest, UnsafeRawBufferPointer(load.large))
            }
        case .pushLargeStreamed:
            return try time {
                let client = try Client(port: port)
                let begun = try expect(client.send("POST", "/v2/\(repository)/blobs/uploads/"), 202)
                let patched = try expect(
                    client.send("PATCH", target(begun), body: UnsafeRawBufferPointer(load.large)), 202)
                let empty = UnsafeRawBufferPointer(start: nil, count: 0)
                _ = try expect(
                    client.send("PUT", Self.with(load.largeDigest, target(patched)), body: empty), 201)
            }
        case .pullLarge:
            return try time { try pull(Client(port: port), repository, load.largeDigest, load.large.count) }
        case .pushSmall: return try time { try pushAll(Client(port: port), repository, load.small.indices) }
        case .pullSmall: return try time { try pullAll(Client(port: port), repository, load.small.indices) }
        case .pushSmallAtOnce: return try atOnce { try pushAll(Client(port: port), repository, $0) }
        case .pullSmallAtOnce: return try atOnce { try pullAll(Client(port: port), repository, $0) }
        }
    }

    /// Makes sure, off the clock, that what was pushed is what is there.
    func verify(_ repository: String, large: Bool) throws {
        let client = try Client(port: port)
        func check(_ digest: Digest, _ bytes: UnsafeRawBufferPointer) throws {
            let answer = try client.send("GET", "/v2/\(repository)/blobs/\(digest)", checking: true)
            var sum: UInt64 = 0
            for byte in bytes { sum = sum &* 31 &+ UInt64(byte) }
            guard answer.status == 200, answer.length == bytes.count, answer.checksum == sum else {
                throw SystemError("verify", "\(digest)", errno: 0, advice: "other bytes are there")
            }
        }
        if large {
            try check(load.largeDigest, UnsafeRawBufferPointer(load.large))
        } else {
            for (digest, bytes) in zip(load.smallDigests, load.small) {
                try bytes.withUnsafeBytes { try check(digest, $0) }
            }
        }
    }

    private func time(_ body: () throws -> Void) rethrows -> UInt64 {
        let start = HostClock.now()
        try body()
        return HostClock.now() - start
    }

    /// Each client has a thread, a connection and its share; one that fails fails the whole run.
    private func atOnce(_ body: @escaping @Sendable (Range<Int>) throws -> Void) throws -> UInt64 {
        let count = load.small.count
        let failures = Mutex<[String]>([])
        let time = time {
            let threads = (0..<clients).map { client in
                Threads.start {
                    let share = (count * client / clients)..<(count * (client + 1) / clients)
                    do { try body(share) } catch { failures.withLock { $0.append("client \(client): \(error)") } }
                }
            }
            for thread in threads { pthread_join(thread, nil) }
        }
        let list = failures.withLock { $0 }
        guard list.isEmpty else {
            throw SystemError("load", "\(list.count) clients", errno: 0, advice: list.joined(separator: "; "))
        }
        return time
    }

    private func pushAll(_ client: Client, _ repository: String, _ share: Range<Int>) throws {
        for index in share {
            try load.small[index].withUnsafeBytes { try push(client, repository, load.smallDigests[index], $0) }
        }
    }

    private func pullAll(_ client: Client, _ repository: String, _ share: Range<Int>) throws {
        for index in share { try pull(client, repository, load.smallDigests[index], load.small[index].count) }
    }

    private func push(_ client: Client, _ repository: String, _ digest: Digest, _ bytes: UnsafeRawBufferPointer) throws
    {
        let begun = try expect(client.send("POST", "/v2/\(repository)/blobs/uploads/"), 202)
        _ = try expect(client.send("PUT", Self.with(digest, target(begun)), body: bytes), 201)
    }

    private func pull(_ client: Client, _ repository: String, _ digest: Digest, _ length: Int) throws {
        let answer = try expect(client.send("GET", "/v2/\(repository)/blobs/\(digest)"), 200)
        guard answer.length == length else { throw SystemError("pull", "\(digest)", errno: EIO) }
    }

    private func expect(_ answer: Client.Answer, _ status: Int) throws -> Client.Answer {
        guard answer.status == status else {
            throw SystemError("request", "port \(port)", errno: 0, advice: "answered \(answer.status), not \(status)")
        }
        return answer
    }

    private func target(_ answer: Client.Answer) throws -> String {
        guard let location = answer.location else { throw SystemError("request", "Location", errno: ENOENT) }
        guard location.hasPrefix("http://") else { return location }
        let rest = location.dropFirst(7)
        return String(rest[(rest.firstIndex(of: "/") ?? rest.endIndex)...])
    }

    private static func with(_ digest: Digest, _ target: String) -> String {
        target + (target.utf8.contains(UInt8(ascii: "?")) ? "&" : "?") + "digest=\(digest)"
    }
}

enum Threads {
    private final class Box {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }

    static func start(_ body: @escaping @Sendable () -> Void) -> pthread_t {
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Box(body))
        let result = pthread_create(
            &thread, nil,
            { pointer in
                if let pointer { Unmanaged<Box>.fromOpaque(pointer).takeRetainedValue().body() }
                return nil
            }, box.toOpaque())
        precondition(result == 0, "pthread_create")
        return thread
    }
}
