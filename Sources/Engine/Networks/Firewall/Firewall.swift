import Glibc
import Linux

/// Puts a data directory's rules in place, by the program `nft`.
enum Firewall {
    /// Applies the rules of the networks as they are recorded, unless they are in place.
    ///
    /// - Parameter change: nobody changes the records meanwhile.
    static func apply(_ change: borrowing NetworkChange) throws {
        let store = change.store
        var routed: [(network: Network, endpoints: [Endpoint])] = []
        for network in try store.networks() where NetworkDrivers.named(network.driver)?.isRouted == true {
            routed.append((network, try store.endpoints(of: network)))
        }
        guard !routed.isEmpty else { return try remove(store) }
        let plan = FirewallPlan(table: store.firewallTable, routed)
        let path = store.path + "/rules"
        let document = Array(plan.document.utf8)
        if (try? SystemFile.bytes(of: path)) == document, try isInPlace(plan.table) { return }
        // What is written is in place only once the program has read it.
        let next = path + ".next"
        try SystemFile.replace(next, with: document)
        try run(next)
        if rename(next, path) != 0 { throw SystemError("rename", next) }
    }

    /// Removes the table, where there is one.
    private static func remove(_ store: NetworkStore) throws {
        unlink(store.path + "/rules")
        let path = store.path + "/rules.next"
        unlink(path)
        guard try isInPlace(store.firewallTable) else { return }
        try SystemFile.replace(path, with: Array("delete table inet \(store.firewallTable)\n".utf8))
        defer { unlink(path) }
        try run(path)
    }

    private static func isInPlace(_ table: String) throws(SystemError) -> Bool {
        var conversation = try RouteConversation(protocol: 12)
        // NFT_MSG_GETTABLE of family inet, by its name.
        let message = RouteMessage(
            type: 10 << 8 | 1, flags: 0x5,
            payload: [1, 0, 0, 0] + RouteMessage.attribute(1, Array(table.utf8) + [0]), operation: "find rules",
            object: table)
        do throws(SystemError) {
            try conversation.perform([message])
            return true
        } catch {
            guard error.errno == ENOENT else { throw error }
            return false
        }
    }

    private static func run(_ path: String) throws {
        guard ProcessPlan.path(of: "nft", environment: environment) != nil else {
            throw NetworkError.refused(
                "networks need the program nft", advice: "install the package nftables")
        }
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDONLY)
        let complaints = try Pipe("what nft says")
        let process = try ProcessPlan("nft", ["-f", path], environment: environment).spawn(
            StandardStreams(input: null.number, output: complaints.writeEnd, error: complaints.writeEnd))
        let words = try complaints.readAll()
        let status = try process.wait().shellStatus
        guard status == 0 else {
            throw NetworkError.refused(
                "nft refuses the rules of the networks: \(words.prefix { $0 != "\n" })",
                advice: "the kernel needs nf_tables with NAT")
        }
    }

    /// It is in a directory that an ordinary PATH does not have.
    private static var environment: [String] {
        ["PATH=/usr/sbin:/sbin:/usr/bin:/bin", "LC_ALL=C"]
    }
}
