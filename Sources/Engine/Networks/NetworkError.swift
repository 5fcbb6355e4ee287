import OCI

/// A request that networks cannot meet.
package enum NetworkError: Error, Equatable, Sendable, CustomStringConvertible {
    case unknown(String)
    case ambiguous(String, candidates: [String])
    case nameTaken(String)
    case malformedName(String)
    /// Containers have it: which, by their names.
    case inUse(String, containers: [String])
    /// None is left to give.
    case exhausted(network: String, pool: Subnet)
    case addressTaken(IPAddress, network: String, by: String)
    case addressOutside(IPAddress, network: String, pool: Subnet?)
    case subnetTaken(Subnet, by: String)
    /// Nothing is left of what isolab chooses from.
    case noSubnetLeft
    case alreadyJoined(network: String, container: String)
    case notJoined(network: String, container: String)
    /// A device of the host has the name.
    case deviceTaken(String)
    case noDevice(String)
    case portTaken(String, byContainer: Bool)
    /// What cannot be, and what to do.
    case refused(String, advice: String)

    package var description: String {
        switch self {
        case .unknown(let name): "there is no network \(quoting: name); `isolab network ls` lists all networks"
        case .ambiguous(let name, let candidates):
            "'\(name)' begins the identifiers of \(candidates.count) networks: "
                + candidates.map { String($0.prefix(12)) }.joined(separator: ", ")
        case .nameTaken(let name): "the name '\(name)' is taken by another network; choose another"
        case .malformedName(let name):
            "network name \(quoting: name): takes at least two letters, digits, '_', '.' and '-', a letter or a digit first"
        case .inUse(let name, let containers):
            "network '\(name)' is in use by \(containers.count == 1 ? "container" : "containers") "
                + containers.joined(separator: ", ") + "; remove \(containers.count == 1 ? "it" : "them") first with "
                + "`isolab rm -f \(containers.joined(separator: " "))`, or, while running, use `isolab network disconnect \(name)`"
        case .exhausted(let network, let pool):
            "network '\(network)' has no free address left in \(pool): remove containers, or create a larger network"
        case .addressTaken(let address, let network, let container):
            "address \(address) in network '\(network)' is taken by \(container)"
        case .addressOutside(let address, let network, let pool):
            "address \(address) cannot be given in network '\(network)', whose subnet is \(pool.map { "\($0)" } ?? "of the other family")"
        case .subnetTaken(let subnet, let owner):
            "subnet \(subnet) overlaps with \(owner): choose another with --subnet"
        case .noSubnetLeft: "every subnet that isolab chooses from is in use: give one with --subnet"
        case .alreadyJoined(let network, let container): "container '\(container)' is in network '\(network)' already"
        case .notJoined(let network, let container): "container '\(container)' is not in network '\(network)'"
        case .deviceTaken(let name): "the host has a network device '\(name)' that is not isolab's: remove or rename it"
        case .noDevice(let name): "the host has no network device '\(name)'"
        // Docker's words, which programs look for.
        case .portTaken(let port, byContainer: true):
            "port \(port) of the host is in use by another container (port is already allocated): choose another"
        case .portTaken(let port, byContainer: false):
            "port \(port) of the host is in use by another program (address already in use): choose another"
        case .refused(let problem, let advice): "\(problem); \(advice)"
        }
    }
}
