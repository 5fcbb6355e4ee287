package import OCI

/// The addresses of one family in a network, and who gets which: pure.
package struct AddressPool: Equatable, Sendable, JSONObject {
    package var subnet: Subnet
    /// The part of it that is given out; nil: all.
    package var range: Subnet?
    /// The host's, on its bridge, or a router's; nil: nobody's.
    package var gateway: IPAddress?

    package init(_ subnet: Subnet, range: Subnet? = nil, gateway: IPAddress?) {
        self.subnet = subnet
        self.range = range
        self.gateway = gateway
    }

    package static var blank: AddressPool {
        AddressPool(Subnet(only: IPAddress(isV4: true, number: 0)), gateway: nil)
    }

    package mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("subnet", &subnet)
        try members.optional("range", &range)
        try members.optional("gateway", &gateway)
    }

    /// Whether somebody may have an address: not the block's own, not IPv4's broadcast, not the gateway's.
    package func mayGive(_ address: IPAddress) -> Bool {
        guard subnet.contains(address), address != gateway else { return false }
        // Of two addresses or one, each is somebody's (RFC 3021).
        guard subnet.prefixLength < (subnet.isV4 ? 31 : 127) else { return true }
        return address != subnet.first && !(subnet.isV4 && address == subnet.last)
    }

    /// The first free address behind the one that was given last, from the beginning again behind the end: one that was given back
    /// is used again as late as possible, while others may still remember whose it was.
    ///
    /// - Returns: nil where all are taken.
    package func next(after last: IPAddress?, taken: Set<IPAddress>) -> IPAddress? {
        let block = range ?? subnet
        var candidate = block.first
        if let last, block.contains(last), last != block.last {
            candidate = IPAddress(isV4: block.isV4, number: last.number + 1)
        }
        // Each step passes one that is taken or never given; there are no more of them than this.
        for _ in 0..<(taken.count + 4) {
            if mayGive(candidate), !taken.contains(candidate) { return candidate }
            candidate =
                candidate == block.last
                ? block.first : IPAddress(isV4: block.isV4, number: candidate.number + 1)
        }
        return nil
    }

    /// Where nobody chose a subnet: the first of the blocks that isolab takes them from which nobody uses.
    ///
    /// - Parameter used: of routes of the host, and of other networks.
    package static func free(besides used: [Subnet]) -> Subnet? {
        // 10.200.0.0/13 in blocks of 4094 addresses: apart from what Docker (172.16/12), podman (10.88/15) and Kubernetes take.
        for number in UInt128(0)..<128 {
            let base = IPAddress(isV4: true, number: 0x0AC8_0000 + number << 12)
            if let block = Subnet(base, prefixLength: 20), !used.contains(where: { $0.overlaps(block) }) {
                return block
            }
        }
        return nil
    }
}
