import ArgumentParser
import Engine

/// `isolab network connect`
struct NetworkConnectCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "connect", abstract: "Connect a container to another network.",
        discussion: "A container that does not run is in the network from its next start on.")

    @Argument(help: "The network, by name or by the beginning of its identifier.") var network: String
    @Argument(help: "The container, by name or by the beginning of its identifier.") var container: String
    @Option(help: ArgumentHelp("Its IPv4 address in the network.", valueName: "address")) var ip: String?
    @Option(name: .customLong("ip6"), help: ArgumentHelp("Its IPv6 address.", valueName: "address")) var ip6: String?
    @Option(help: ArgumentHelp("An additional name of the container in the network.", valueName: "name"))
    var alias: [String] = []

    func run() throws {
        do {
            let join = try NetworkJoin(network, ip: ip, ip6: ip6, aliases: alias)
            try Engine(warn: Warning.print).connect(container, to: network, join)
        } catch {
            throw Failure.exit(error)
        }
    }
}

/// `isolab network disconnect`
struct NetworkDisconnectCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "disconnect", abstract: "Disconnect a container from a network.")

    @Argument(help: "The network, by name or by the beginning of its identifier.") var network: String
    @Argument(help: "The container, by name or by the beginning of its identifier.") var container: String

    @Flag(name: .shortAndLong, help: "Accepted as docker has it; without effect.") var force = false

    func run() throws {
        do { try Engine(warn: Warning.print).disconnect(container, from: network) } catch { throw Failure.exit(error) }
    }
}
