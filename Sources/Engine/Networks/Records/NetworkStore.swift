import Content
import Glibc
package import Linux
import OCI

/// The networks of one data directory, on disk: `<id>/network.json`, and `<id>/endpoints/` with a record for each container in it.
///
/// A network is there once its directory has its identifier for a name, as with volumes. What the host has of it (a bridge, rules)
/// is made from these records when it is needed, so that after a reboot nothing is missing.
package struct NetworkStore: Sendable {
    package let path: String

    /// Nothing is made until there is a network.
    package init(path: String) { self.path = path }

    static func isIdentifier(_ text: String) -> Bool { text.utf8.count == 64 && isHexadecimal(text) }

    static func isHexadecimal(_ text: String) -> Bool {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    func directory(_ id: String) -> String { "\(path)/\(id)" }
    func endpointPath(_ network: String, _ container: String) -> String {
        "\(path)/\(network)/endpoints/\(container).json"
    }

    // MARK: - Finding

    /// Every network, by name. Those whose record cannot be read are passed over.
    package func networks() throws(SystemError) -> [Network] {
        let names: [String]
        do throws(SystemError) { names = try SystemFile.names(in: path) } catch {
            guard error.errno == ENOENT else { throw error }
            return []
        }
        return names.filter(Self.isIdentifier).compactMap(network).sorted { $0.name < $1.name }
    }

    package func network(_ id: String) -> Network? {
        guard let bytes = try? SystemFile.bytes(of: directory(id) + "/\(Network.document)", limit: 1 << 20) else {
            return nil
        }
        return try? Network(json: bytes)
    }

    /// A network by its name, its identifier or the beginning of that.
    package func find(_ text: String) throws -> Network {
        let all = try networks()
        if let network = all.first(where: { $0.name == text }) { return network }
        guard !text.isEmpty, Self.isHexadecimal(text) else { throw NetworkError.unknown(text) }
        let found = all.filter { $0.id.starts(text) }
        if found.count > 1 { throw NetworkError.ambiguous(text, candidates: found.map(\.id)) }
        guard let network = found.first else { throw NetworkError.unknown(text) }
        return network
    }

    /// Those in a network, by their names.
    package func endpoints(of network: Network) throws(SystemError) -> [Endpoint] {
        let names: [String]
        do throws(SystemError) { names = try SystemFile.names(in: directory(network.id) + "/endpoints") } catch {
            guard error.errno == ENOENT else { throw error }
            return []
        }
        return names.compactMap { name in
            guard name.ends(".json") else { return nil }
            return endpoint(of: String(name.dropLast(5)), in: network)
        }.sorted { $0.name < $1.name }
    }

    /// What writers that were killed left beside the records.
    package func hasLitter(_ network: Network) -> Bool { !litter(of: network).isEmpty }

    func litter(of network: Network) -> [String] {
        let path = directory(network.id)
        let beside = (try? SystemFile.names(in: path))?.filter { $0.ends(".new") }.map { "\(path)/\($0)" } ?? []
        let endpoints = (try? SystemFile.names(in: path + "/endpoints"))?.filter { $0.ends(".new") } ?? []
        return beside + endpoints.map { "\(path)/endpoints/\($0)" }
    }

    package func endpoint(of container: String, in network: Network) -> Endpoint? {
        guard Self.isIdentifier(container),
            let bytes = try? SystemFile.bytes(of: endpointPath(network.id, container), limit: 16 << 20)
        else { return nil }
        return try? JSONDocument.read(Endpoint.self, from: bytes, document: Endpoint.document)
    }

    /// A container's places, with their networks.
    package func places(of container: String) throws(SystemError) -> [(network: Network, endpoint: Endpoint)] {
        var result: [(network: Network, endpoint: Endpoint)] = []
        for network in try networks() {
            if let endpoint = endpoint(of: container, in: network) { result.append((network, endpoint)) }
        }
        return result.sorted { $0.endpoint.interface < $1.endpoint.interface }
    }

    // MARK: - Changing

    /// The right to change networks and who is in them, until it is given up. Waited for.
    package func change() throws(SystemError) -> NetworkChange {
        if !SystemFile.exists(path + "/lock") {
            try StandardDirectories.claim(path)
            try StandardDirectories.close(path)
        }
        return try NetworkChange(self, FileLock(.exclusive, path + "/lock"))
    }

    /// Of this data directory's own table of rules.
    package var firewallTable: String {
        guard path != "/var/lib/isolab/networks" else { return "isolab" }
        // FNV-1a: the same name for the same directory.
        let hash = path.utf8.reduce(UInt32(0x811C_9DC5)) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
        return "isolab-" + String(hash, radix: 16)
    }
}
