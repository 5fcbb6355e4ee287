import Testing

@testable import Networks

/// Questions for names and their answers, as bytes, and whom names lead to.
@Suite struct NameTests {
    /// A question of one name, with what may follow it.
    private static func message(_ name: String, _ kind: UInt16, more: [UInt8] = [], additional: UInt8 = 0) -> [UInt8] {
        var bytes: [UInt8] = [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, additional]
        for label in name.split(separator: ".") { bytes += [UInt8(label.utf8.count)] + Array(label.utf8) }
        return bytes + [0, UInt8(kind >> 8), UInt8(truncatingIfNeeded: kind), 0, 1] + more
    }

    @Test func questions() throws {
        let query = try #require(NameQuery(Self.message("WeB.Example", 1)))
        #expect(query.name == "web.example" && query.kind == .v4 && query.limit == 512 && query.isRecursive)
        #expect(NameQuery(Self.message("a", 28))?.kind == .v6 && NameQuery(Self.message("a", 16))?.kind == .other(16))
        let option: [UInt8] = [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]
        #expect(NameQuery(Self.message("a", 1, more: option, additional: 1))?.limit == 1232)
    }

    /// What is cut off anywhere, or is no question, is none; and nothing traps on it.
    @Test func hostileQuestions() {
        let whole = Self.message("web.example", 1)
        for length in whole.indices { #expect(NameQuery(Array(whole.prefix(length))) == nil) }
        for place in whole.indices {
            for byte in [0, 1, 0x3F, 0x40, 0xC0, 0xFF] as [UInt8] {
                var changed = whole
                changed[place] = byte
                _ = NameQuery(changed)
            }
        }
        var answer = whole
        answer[2] |= 0x80
        #expect(NameQuery(answer) == nil, "an answer is not answered")
        #expect(NameQuery(Self.message(String(repeating: "a.", count: 200), 1)) == nil, "longer than a name may be")
        #expect(NameQuery([UInt8](repeating: 0, count: 5000)) == nil)
    }

    @Test func answers() throws {
        let query = try #require(NameQuery(Self.message("web", 1)))
        let address = try #require(IPAddress("10.1.0.2"))
        #expect(
            query.answer([address]) == [
                0x12, 0x34, 0x85, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, 3, 0x77, 0x65, 0x62, 0, 0, 1, 0, 1,  // the question
                0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 10, 1, 0, 2,
            ] as [UInt8])
        #expect(query.failure(.unknown).prefix(8) == [0x12, 0x34, 0x85, 0x83, 0, 1, 0, 0])
        #expect(query.answer([]).count == query.question.count + 12)
        // More than one packet takes is said to be cut off, over a packet alone.
        let many = (0..<100).map { IPAddress(isV4: true, number: 0x0A01_0000 + UInt128($0)) }
        let packet = query.answer(many)
        #expect(packet.count <= 512 && packet[2] & 2 != 0 && packet[7] == 30)
        #expect(query.answer(many, isTruncating: false).count == 12 + query.question.count + 1600)
        #expect(query.answer(name: "one").suffix(6) == [5, 3, 0x6F, 0x6E, 0x65, 0].suffix(6))
    }

    private static func network(_ digit: String, _ name: String, isInternal: Bool = false) -> Network {
        Network(
            id: String(repeating: digit, count: 64), name: name, driver: "bridge", created: "", isInternal: isInternal,
            device: "il\(digit)")
    }

    private static func endpoint(_ container: String, _ name: String, _ address: String, _ aliases: [String] = [])
        -> Endpoint
    {
        Endpoint(
            container: String(repeating: container, count: 64), name: name, aliases: aliases, v4: IPAddress(address))
    }

    /// A container finds those of its own networks by all of their names, and nobody of others.
    @Test func table() throws {
        let table = NameTable([
            (
                Self.network("a", "front"),
                [Self.endpoint("1", "Web", "10.1.0.2", ["www"]), Self.endpoint("2", "two", "10.1.0.3", ["www"])]
            ),
            (
                Self.network("b", "back", isInternal: true),
                [Self.endpoint("2", "two", "10.2.0.3"), Self.endpoint("3", "db", "10.2.0.4")]
            ),
        ])
        let (one, two, three) = (
            String(repeating: "1", count: 64), String(repeating: "2", count: 64), String(repeating: "3", count: 64)
        )
        func found(_ name: String, _ container: String) -> [String]? {
            table.addresses(of: name, for: container)?.map(\.description)
        }
        #expect(found("web", one) == ["10.1.0.2"] && found("web.front", two) == ["10.1.0.2"])
        #expect(found("www", one) == ["10.1.0.2", "10.1.0.3"] && found("111111111111", one) == ["10.1.0.2"])
        #expect(found("two", two) == ["10.1.0.3", "10.2.0.3"] && found("two", three) == ["10.2.0.3"])
        #expect(found("db", one) == nil && found("web", three) == nil && found("web", "nobody") == nil)
        #expect(table.holder(of: "2.0.1.10.in-addr.arpa", for: two) == "Web")
        #expect(table.holder(of: "4.0.2.10.in-addr.arpa", for: one) == nil)
        let host = [try #require(IPAddress("192.0.2.53"))]
        #expect(table.servers(for: one, host: host) == host && table.servers(for: two, host: host) == host)
        #expect(table.servers(for: three, host: host) == nil, "nothing outside is asked from an internal network")
    }

    /// Servers of a container's own are asked in place of the host's, but not from an internal network. Naive: whoever is in one asks by
    /// names whom he likes, through the host.
    @Test(arguments: [true, false]) func ownServers(isInternal: Bool) throws {
        var endpoint = Self.endpoint("1", "web", "10.1.0.2")
        endpoint.nameServers = [try #require(IPAddress("198.51.100.53"))]
        let table = NameTable([(Self.network("a", "front", isInternal: isInternal), [endpoint])])
        let host = [try #require(IPAddress("192.0.2.53"))]
        let servers = table.servers(for: endpoint.container, host: host)
        #expect(servers == (isInternal ? nil : endpoint.nameServers))
    }

    @Test(arguments: [
        ("1.0.0.10.in-addr.arpa", "10.0.0.1"), ("256.0.0.10.in-addr.arpa", ""), ("0.0.10.in-addr.arpa", ""),
        ("web", ""),
        ("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa", "fd00::1"), ("1.ip6.arpa", ""),
        ("in-addr.arpa", ""), ("g.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa", ""),
    ])
    func pointers(name: String, address: String) {
        #expect(NameTable.address(ofPointer: name)?.description ?? "" == address)
    }
}
