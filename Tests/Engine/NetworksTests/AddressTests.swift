import Testing

@testable import Networks

/// Addresses, subnets, and who gets which.
@Suite struct AddressTests {
    private func address(_ text: String) -> IPAddress { IPAddress(text) ?? IPAddress(isV4: true, number: 0) }
    private func subnet(_ text: String) throws -> Subnet { try #require(Subnet(text), "\(text)") }

    @Test(arguments: [
        "10.0.0.1", "255.255.255.255", "0.0.0.0", "fd00::1", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    ])
    func texts(text: String) {
        let address = IPAddress(text)
        #expect(address?.description == text)
        #expect(address.map { IPAddress(bytes: $0.bytes) } == address)
    }

    @Test(arguments: ["", "10.0.0", "10.0.0.256", "10.0.0.1/24", "fd00", "g::1", "10.0.0.1 ", "010.0.0.1x"])
    func noAddresses(text: String) { #expect(IPAddress(text) == nil) }

    @Test(arguments: [
        "10.0.0.1/24", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0", "/8", "10.0.0.0/-1", "fd00::1/64", "fd00::/129",
        "10.0.0.0/+8", "10.0.0.0/8/8",
    ])
    func noSubnets(text: String) { #expect(Subnet(text) == nil, "\(text)") }

    @Test func blocks() throws {
        let block = try subnet("10.200.16.0/20")
        #expect(block.first == address("10.200.16.0") && block.last == address("10.200.31.255"))
        #expect(block.contains(address("10.200.20.1")) && !block.contains(address("10.200.32.0")))
        #expect(!block.contains(address("fd00::1")))
        #expect(try block.overlaps(subnet("10.200.0.0/16")) && !block.overlaps(subnet("10.200.0.0/20")))
        #expect(try subnet("0.0.0.0/0").last == address("255.255.255.255"))
        #expect(try subnet("::/0").last.description == "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
        #expect(try subnet("0.0.0.0/0").overlaps(block) && !subnet("::/0").overlaps(block))
    }

    /// Each address once, the gateway's, the block's own and the broadcast never; then none.
    @Test(arguments: ["10.1.0.0/28", "fd00:1::/124"])
    func exhaustion(text: String) throws {
        let block = try subnet(text)
        let gateway = IPAddress(isV4: block.isV4, number: block.first.number + 1)
        let pool = AddressPool(block, gateway: gateway)
        var (taken, last): (Set<IPAddress>, IPAddress?) = ([], nil)
        while let next = pool.next(after: last, taken: taken) {
            #expect(block.contains(next) && next != gateway && next != block.first && taken.insert(next).inserted)
            last = next
        }
        #expect(taken.count == (block.isV4 ? 13 : 14))
        // One that is given back is the only one to be had, wherever the last one was.
        let freed = try #require(taken.randomElement())
        taken.remove(freed)
        #expect(pool.next(after: last, taken: taken) == freed && pool.next(after: nil, taken: taken) == freed)
    }

    /// What was given back comes again only after all others.
    @Test func lateReuse() throws {
        let pool = AddressPool(try subnet("10.1.0.0/24"), gateway: address("10.1.0.1"))
        #expect(pool.next(after: nil, taken: []) == address("10.1.0.2"))
        #expect(pool.next(after: address("10.1.0.2"), taken: []) == address("10.1.0.3"))
        #expect(pool.next(after: address("10.1.0.254"), taken: []) == address("10.1.0.2"))
        #expect(pool.next(after: address("192.0.2.1"), taken: []) == address("10.1.0.2"))
    }

    /// From the range alone; what a user asks for may be anywhere in the subnet.
    @Test func ranges() throws {
        let pool = AddressPool(
            try subnet("10.1.0.0/16"), range: try subnet("10.1.2.0/30"), gateway: address("10.1.2.1"))
        var taken: Set<IPAddress> = []
        while let next = pool.next(after: nil, taken: taken) { taken.insert(next) }
        #expect(taken == Set(["10.1.2.0", "10.1.2.2", "10.1.2.3"].map(address)))
        #expect(pool.mayGive(address("10.1.9.9")) && !pool.mayGive(address("10.2.0.1")))
        let pair = AddressPool(try subnet("10.1.0.0/31"), gateway: nil)
        #expect(pair.mayGive(address("10.1.0.0")) && pair.mayGive(address("10.1.0.1")))
    }

    /// A subnet that nobody chose is none that the host reaches otherwise.
    @Test func freeSubnets() throws {
        #expect(AddressPool.free(besides: [])?.description == "10.200.0.0/20")
        #expect(try AddressPool.free(besides: [subnet("10.200.8.0/24")])?.description == "10.200.16.0/20")
        #expect(try AddressPool.free(besides: [subnet("10.200.0.0/14")])?.description == "10.204.0.0/20")
        #expect(try AddressPool.free(besides: [subnet("10.0.0.0/8")]) == nil)
    }

    private func request(_ pools: [AddressPool], isV6: Bool = false) -> NetworkRequest {
        var request = NetworkRequest(name: "n")
        request.pools = pools
        request.hasV6 = isV6
        return request
    }

    /// The first address is the gateway's; what overlaps, or has no room, is refused.
    @Test func choosing() throws {
        func pools(_ request: NetworkRequest, used: [Subnet] = []) throws -> (v4: AddressPool?, v6: AddressPool?) {
            try NetworkChange.pools(request, [], used, isShared: false)
        }
        let chosen = try pools(request([], isV6: true), used: [subnet("10.200.0.0/16")])
        #expect(chosen.v4?.subnet.description == "10.201.0.0/20" && chosen.v4?.gateway == address("10.201.0.1"))
        #expect(chosen.v6?.subnet.prefixLength == 64 && chosen.v6?.subnet.first.bytes[0] == 0xFD)
        let own = try subnet("10.9.0.0/24")
        #expect(try pools(request([AddressPool(own, gateway: address("10.9.0.7"))])).v4?.gateway == address("10.9.0.7"))
        for gateway in ["10.9.0.0", "10.9.0.255", "10.9.1.1"] {
            #expect(throws: NetworkError.self, "\(gateway)") {
                try pools(request([AddressPool(own, gateway: address(gateway))]))
            }
        }
        #expect(throws: NetworkError.self) { try pools(request([AddressPool(subnet("10.9.0.0/31"), gateway: nil)])) }
        #expect(throws: NetworkError.subnetTaken(own, by: "the host's route to 10.0.0.0/8")) {
            try pools(request([AddressPool(own, gateway: nil)]), used: [subnet("10.0.0.0/8")])
        }
    }
}
