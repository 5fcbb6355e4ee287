/// To whom something is put down: the user, or the address where no name is asked for. Of IPv6 the network of 64 bits, which is what
/// one subscriber has.
enum ClientName: Hashable, Sendable {
    case user(String)
    case peer(String)

    init(user: String?, peer: String) {
        self = user.map { .user($0) } ?? .peer(PeerNetwork.name(of: peer))
    }
}

package enum PeerNetwork {
    /// An address as the kernel writes it, without what its owner can choose freely.
    package static func name(of peer: String) -> String {
        guard peer.utf8.contains(UInt8(ascii: ":")) else { return peer }
        // IPv4 in IPv6's clothes.
        if let last = peer.split(separator: ":").last, last.utf8.contains(UInt8(ascii: ".")) { return String(last) }
        // `::` stands for as many zeroes as are missing of eight groups.
        let halves = peer.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
        var groups = halves[0].split(separator: ":").map(String.init)
        if halves.count == 2 {
            let tail = halves[1].split(separator: ":").map(String.init)
            groups += Array(repeating: "0", count: max(0, 8 - groups.count - tail.count)) + tail
        }
        return groups.prefix(4).joined(separator: ":") + "::"
    }
}
