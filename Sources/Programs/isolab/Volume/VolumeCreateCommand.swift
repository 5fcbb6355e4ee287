import ArgumentParser
import Engine

/// `isolab volume create`
struct VolumeCreateCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Create a volume; an existing one of this name is left as it is.")

    @Argument(help: "A name; if not given, the volume's identifier, and `volume prune` removes it.") var name: String?
    @Option(name: .shortAndLong, help: ArgumentHelp("The driver; only local is supported.", valueName: "driver"))
    var driver = "local"
    @Option(help: ArgumentHelp("Label the volume.", valueName: "name=value")) var label: [String] = []

    func run() throws {
        do {
            guard driver == "local" else {
                throw OptionError("--driver", driver, "the only driver is local: volumes are directories of this host")
            }
            let labels = try label.map { try NamedValue("--label", $0) }
            print(
                try Engine(warn: Warning.print).createVolume(
                    name, labels: Dictionary(labels.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })))
        } catch {
            throw Failure.exit(error)
        }
    }
}
