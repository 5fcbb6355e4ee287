import Glibc
import Linux
import TestSupport
import Testing

@testable import Networks

/// Networks and endpoints on disk.
@Suite struct NetworkStoreTests {
    private let directory: TemporaryDirectory
    private let store: NetworkStore

    init() throws {
        directory = try TemporaryDirectory()
        store = NetworkStore(path: directory.path + "/networks")
    }

    private func create(_ name: String, _ subnet: String? = nil) throws -> Network {
        var request = NetworkRequest(name: name)
        request.pools = subnet.flatMap { Subnet($0) }.map { [AddressPool($0, gateway: nil)] } ?? []
        return try store.change().create(request, used: [])
    }

    private func container(_ digit: Int) -> Endpoint {
        let text = String(digit, radix: 16)
        return Endpoint(container: String(repeating: "0", count: 64 - text.utf8.count) + text, name: "c\(digit)")
    }

    @Test func networks() throws {
        #expect(try store.networks().isEmpty && !SystemFile.exists(store.path))
        let one = try create("one")
        #expect(throws: NetworkError.nameTaken("one")) { _ = try create("one") }
        for name in ["", "a", "../x", "a b", "none", "host"] {
            #expect(throws: NetworkError.self, "\(name)") { _ = try create(name) }
        }
        let two = try create("two")
        #expect(one.v4?.subnet != two.v4?.subnet && one.device != two.device)
        #expect(try store.find("one") == one && store.find(String(two.id.prefix(10))) == two)
        #expect(throws: NetworkError.unknown("three")) { try store.find("three") }
        #expect(throws: NetworkError.self, "it overlaps") { _ = try create("three", "10.200.0.0/24") }
        try store.change().remove(one)
        #expect(try store.networks() == [two])
    }

    /// What killed commands were about to write goes with the next change.
    @Test func leftWrites() throws {
        let network = try create("one")
        for name in ["rules.next.0123.new", "new-0123", "gone-0123"] {
            _ = try OwnedDescriptor(opening: "\(store.path)/\(name)", O_WRONLY | O_CREAT, mode: 0o600)
        }
        _ = try store.change()
        #expect(try SystemFile.names(in: store.path).sorted() == [network.id, "lock"].sorted())
    }

    /// An address is written down before it is used, and free when its record is gone; no two have one.
    @Test func endpoints() throws {
        let network = try create("net", "10.9.0.0/29")
        let first = try store.change().add(container(1), to: network)
        #expect(first.v4 == IPAddress("10.9.0.2") && first.hardwareAddress == "02:49:0a:09:00:02")
        #expect(Network.isDeviceName(first.device))
        #expect(throws: NetworkError.alreadyJoined(network: "net", container: "c1")) {
            _ = try store.change().add(container(1), to: network)
        }
        let wanted = try #require(IPAddress("10.9.0.5"))
        #expect(try store.change().add(container(2), to: network, wanted: [wanted]).v4 == wanted)
        #expect(throws: NetworkError.addressTaken(wanted, network: "net", by: "container c2")) {
            _ = try store.change().add(container(3), to: network, wanted: [wanted])
        }
        for text in ["10.9.0.1", "10.9.0.0", "10.9.0.7", "10.10.0.2", "fd00::1"] {
            let address = try #require(IPAddress(text))
            #expect(throws: NetworkError.self, "\(text)") {
                _ = try store.change().add(container(3), to: network, wanted: [address])
            }
        }
        for digit in 3...5 { _ = try store.change().add(container(digit), to: network) }
        #expect(throws: NetworkError.self, "none is left") { _ = try store.change().add(container(6), to: network) }
        #expect(Set(try store.endpoints(of: network).compactMap(\.v4)).count == 5)
        #expect(try store.places(of: first.container).map(\.network) == [network])
        let released = try store.change().releaseLeftovers { $0 != first.container }
        #expect(released == ["c1"])
        #expect(try store.change().add(container(7), to: network).v4 == first.v4)
    }

    /// A hundred at once from several threads: each has an address of its own.
    @Test func concurrency() async throws {
        let network = try create("net", "10.9.0.0/25")
        let store = store
        let addresses = try await withThrowingTaskGroup(of: IPAddress?.self) { group in
            for digit in 1...100 {
                let endpoint = container(digit)
                group.addTask { try store.change().add(endpoint, to: network).v4 }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(addresses.compactMap { $0 }).count == 100)
    }

    /// A record that is damaged, or names what could mean something elsewhere, is no network.
    @Test func hostileRecords() throws {
        let network = try create("net")
        let path = store.directory(network.id) + "/network.json"
        let text = String(decoding: try SystemFile.bytes(of: path), as: UTF8.self)
        for (old, new) in [
            (network.device, "x\\\" drop"), (network.device, "../../x"), ("bridge", "carrier"), ("\"net\"", "\"../n\""),
            (network.id, "0"), ("{", ""),
        ] {
            let broken = text.replacing(old, with: new)
            #expect(broken != text)
            try SystemFile.replace(path, with: Array(broken.utf8))
            #expect(try store.networks().isEmpty, "\(new)")
        }
    }
}
