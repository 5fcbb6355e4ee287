/// A sandbox with its loopback, and nothing else.
struct NoneDriver: NetworkDriver {
    let name = "none"
    let makesNetworks = false

    func device(for request: NetworkRequest, id: String, _ others: [Network]) throws -> String { "lo" }

    func plan(_ endpoint: Endpoint, in network: Network) -> [NetworkStep] { [.enableLoopback] }
}
