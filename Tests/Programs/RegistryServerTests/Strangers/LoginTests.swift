import Glibc
import Linux
import Synchronization
import Testing

@testable import RegistryServer

/// Passwords: files that went bad, floods of wrong ones, and what time tells.
struct LoginTests {
    /// `secret`, by `htpasswd -nbB -C 4`.
    private let hash = "$2y$04$A.CQhs7lvtG.fPD2/QFcD.ST1E4tPxfElqFyRPb4KWva0hgV/VjfC"
    private let right = "Basic YW5hOnNlY3JldA=="

    private final class Warnings: Sendable {
        let list = Mutex<[String]>([])
        @Sendable func take(_ text: String) { list.withLock { $0.append(text) } }
        var count: Int { list.withLock { $0.count } }
    }

    /// Nobody is let in while the file is not whole, those neither who were let in before; it is said once, and when it is mended.
    @Test func failsClosed() throws {
        let place = try Place()
        let path = try place.write("ana:\(hash)\n", to: "users")
        let complaints = Warnings()
        let authenticator = try PasswordAuthenticator(passwordFile: path, complain: complaints.take)
        func isLetIn() -> Bool { authenticator.check(right) == .granted(user: "ana") }
        #expect(isLetIn() && authenticator.recall(right) == "ana")
        for text in ["ana:\(hash)\nbob\n", nil, "ana:plain\n"] {
            if let text { _ = try place.write(text, to: "users") } else { _ = try place.shell("rm users") }
            authenticator.reload()
            authenticator.reload()
            #expect(authenticator.recall(right) == nil)
            guard case .unavailable(let cause) = authenticator.check(right) else {
                Issue.record("\(text ?? "no file"): somebody was let in, or refused for a wrong password")
                continue
            }
            #expect(cause.contains(path))
            guard case .unavailable = authenticator.check(nil) else {
                Issue.record("whoever brought no password was told something else")
                continue
            }
        }
        #expect(complaints.count == 3)
        _ = try place.write("ana:\(hash)\n", to: "users")
        authenticator.reload()
        #expect(isLetIn() && complaints.count == 4)
        // Who was taken out is out.
        _ = try place.write("# nobody\n", to: "users")
        authenticator.reload()
        #expect(!isLetIn() && authenticator.recall(right) == nil)
    }

    /// The program says so: 503, on standard error and in the log.
    @Test func failsClosedOverHTTP() throws {
        let place = try Place()
        let path = try place.write("ana:\(hash)\n", to: "users")
        let server = try RegistryProcess(place, ["--htpasswd", path, "--log", "\(place.path)/log"])
        let login = ("Authorization", right)
        #expect(try server.http.send("GET", "/v2/", [login]).status == 200)
        _ = try place.write("ana:\(hash)\nnonsense\n", to: "users")
        var status = 200
        for _ in 0..<100 {
            guard status == 200 else { break }
            usleep(100_000)
            status = try server.http.send("GET", "/v2/", [login]).status
        }
        #expect(status == 503)
        #expect(server.complaints.contains("line 2") && place.read("log").contains("line 2"))
        _ = try place.write("ana:\(hash)\n", to: "users")
        for _ in 0..<100 {
            guard status != 200 else { break }
            usleep(100_000)
            status = try server.http.send("GET", "/v2/", [login]).status
        }
        #expect(status == 200)
    }

    /// Two to the power of each cost, together: the same for every name, whatever hashes there are.
    @Test func timeTellsNothing() throws {
        func hash(_ cost: String) -> String { "$2y$\(cost)$" + String(repeating: "a", count: 53) }
        let file = try PasswordFile(
            text: "weak:\(hash("04"))\nusual:\(hash("10"))\nstrong:\(hash("12"))\n", path: "users")
        for name in ["weak", "usual", "strong", "nobody", ""] {
            #expect(file.work(of: name).reduce(0) { $0 + 1 << $1 } == 1 << 12, "\(name)")
        }
        #expect(file.work(of: "weak").first == 4 && file.work(of: "usual").first == 10)
        #expect(try PasswordFile(text: "", path: "users").work(of: "nobody") == [5])
        // It is what is really done: a right password of a weak hash among strong ones is found right.
        let mixed = try PasswordFile(text: "ana:\(self.hash)\nusual:\(hash("06"))\n", path: "users")
        #expect(mixed.holds("secret", of: "ana") && !mixed.holds("wrong", of: "ana"))
        #expect(!mixed.holds("secret", of: "usual") && !mixed.holds("secret", of: "nobody"))
    }

    // MARK: The queue

    /// Of four hundred wrong ones few wait, and a right one that comes last is the next.
    @Test func floodOfOnePair() {
        var queue = LoginQueue()
        let dropped = (0..<400).compactMap { queue.enqueue(.init(id: $0, user: "ana", peer: "192.0.2.1")) }
        #expect(dropped.count == 400 - LoginQueue.greatestOfPair)
        #expect(queue.waiting.count == LoginQueue.greatestOfPair)
        let last = queue.enqueue(.init(id: 999, user: "ana", peer: "192.0.2.1"))
        let first = queue.next()
        // One at a time of a user and an address.
        let second = queue.next()
        #expect(last != nil && first?.id == 999 && second == nil)
    }

    /// Many names from one address: another address waits for one check, not for all.
    @Test func floodOfOneAddress() throws {
        var queue = LoginQueue()
        for id in 0..<400 { _ = queue.enqueue(.init(id: id, user: "user\(id)", peer: "192.0.2.1")) }
        #expect(queue.waiting.count == LoginQueue.greatestOfNetwork)
        let next = queue.next()
        let first = try #require(next)
        let dropped = queue.enqueue(.init(id: 999, user: "ana", peer: "192.0.2.2"))
        let second = queue.next()
        queue.finish(first)
        let third = queue.next()
        #expect(dropped == nil && second?.id == 999 && third?.network == "192.0.2.1" && queue.runningCount == 2)
    }

    /// Many addresses: what waits is bounded, and whoever has most of it gives.
    @Test func floodOfMany() {
        var queue = LoginQueue()
        _ = queue.enqueue(.init(id: 999, user: "ana", peer: "192.0.2.9"))
        for id in 0..<400 { _ = queue.enqueue(.init(id: id, user: "user\(id)", peer: "198.51.100.\(id % 20)")) }
        #expect(queue.waiting.count == LoginQueue.greatestCount)
        #expect(queue.waiting.contains { $0.id == 999 })
        var order: [String] = []
        while let next = queue.next() {
            order.append(next.network)
            queue.finish(next)
        }
        // Each had a turn before any had a second one.
        #expect(Set(order.prefix(21)).count == 21)
    }

    /// While wrong passwords pour in, a right one is found right.
    @Test(.enabled(if: Tools.exist("htpasswd"), "htpasswd (apache2-utils) is not installed"))
    func rightOneInAFlood() throws {
        let place = try Place()
        _ = try place.shell("htpasswd -cbB -C 10 users ana secret")
        let server = try RegistryProcess(place, ["--htpasswd", "\(place.path)/users"])
        let http = server.http
        let isOver = Flag()
        var threads = Threads()
        threads.start(40) { _ in
            while !isOver.value {
                let wrong = Base64Text.encode(Array("ana:\(UInt64.random(in: 0 ... .max))".utf8))
                let status = try http.send("GET", "/v2/", [("Authorization", "Basic \(wrong)")]).status
                if ![401, 429].contains(status) { throw SystemError("GET", "/v2/", errno: 0, advice: "\(status)") }
            }
        }
        var statuses: [Int] = []
        while statuses.last != 200, statuses.count < 200 {
            statuses.append(try http.send("GET", "/v2/", [("Authorization", right)]).status)
            if statuses.last == 429 { usleep(50_000) }
        }
        isOver.raise()
        #expect(threads.join() == [])
        #expect(statuses.last == 200 && statuses.dropLast().allSatisfy { $0 == 429 }, "\(statuses)")
    }
}

/// The other direction of what the server reads.
enum Base64Text {
    static func encode(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for place in 0..<4 {
                text.append(place <= group.count ? digits[bits >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
