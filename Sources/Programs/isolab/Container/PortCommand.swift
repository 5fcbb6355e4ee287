import ArgumentParser
import Engine

/// `isolab port`: where the ports of a container are published.
struct PortCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "port", abstract: "Show where the ports of a container are published.")

    @Argument(help: "The container, by name or by the beginning of its identifier.") var container: String
    @Argument(
        help: ArgumentHelp("One port of the container; tcp if no protocol is given.", valueName: "port[/protocol]"))
    var port: String?

    func run() throws {
        do { for line in try Engine(warn: Warning.print).ports(of: container, port: port) { print(line) } } catch {
            throw Failure.exit(error)
        }
    }
}
