import ArgumentParser
import Engine

/// `isolab network create`
struct NetworkCreateCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Create a network: a bridge, unless --driver names another driver.",
        discussion: """
            Containers in it reach each other and the host, and other hosts through the host's address. It has no route to \
            other networks. Rules are kept by nftables, in a table of isolab's own.
            """)

    @Argument(help: "A name.") var name: String
    @Option(name: .shortAndLong, help: ArgumentHelp("bridge, or macvlan on a device of the host.", valueName: "driver"))
    var driver = "bridge"
    @Option(
        help: ArgumentHelp(
            "The subnet, at most one of IPv4 and one of IPv6; a free one if not given.", valueName: "subnet"))
    var subnet: [String] = []
    @Option(help: ArgumentHelp("The part of the subnet that containers get addresses from.", valueName: "range"))
    var ipRange: [String] = []
    @Option(help: ArgumentHelp("The host's address in it; the first if not given.", valueName: "address"))
    var gateway: [String] = []
    @Flag(help: "Allow no connections to or from other networks.") var `internal` = false
    @Flag(help: "Assign IPv6 addresses as well.") var ipv6 = false
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("mtu=BYTES; parent=DEVICE for macvlan.", valueName: "name=value"))
    var opt: [String] = []
    @Option(help: ArgumentHelp("Label the network.", valueName: "name=value")) var label: [String] = []

    func run() throws {
        do {
            var creation = try NetworkCreation(
                name, driver: driver, subnets: subnet, ranges: ipRange, gateways: gateway, options: opt)
            let labels = try label.map { try NamedValue("--label", $0) }
            creation.set(
                isInternal: `internal`, hasV6: ipv6,
                labels: Dictionary(labels.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }))
            print(try Engine(warn: Warning.print).createNetwork(creation))
        } catch {
            throw Failure.exit(error)
        }
    }
}
