import ArgumentParser
import Engine
import Presentation

/// `isolab volume ls`
struct VolumeListCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "List volumes, with the containers that use them.", aliases: ["list"])

    @Flag(name: .shortAndLong, help: "Print names only.") var quiet = false
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "name=REGEX, label=NAME[=VALUE], dangling=true (no container uses it), driver=.", valueName: "filter"))
    var filter: [String] = []
    @OptionGroup var form: ListOptions

    func run() throws {
        do {
            let filter = try VolumeFilter("--filter", filter, names: ["name", "label", "dangling", "driver"])
            let volumes = try Engine(warn: Warning.print).volumesWithUsers().filter(filter.matches)
            try form.print(.volumes(volumes), quiet: quiet)
        } catch {
            throw Failure.exit(error)
        }
    }
}
