/// The host's own network: there is no sandbox, and nothing to do.
struct HostDriver: NetworkDriver {
    let name = "host"
    let makesNetworks = false

    func device(for request: NetworkRequest, id: String, _ others: [Network]) throws -> String { "lo" }

    func plan(_ endpoint: Endpoint, in network: Network) -> [NetworkStep] { [] }
}
