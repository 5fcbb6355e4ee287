import Containers

enum PauseCommand: Command {
    static let name = "pause"
    static let summary = "suspend every process of a container"
    static let usage = "<container-id>"
    static let options: [OptionSpecification] = []

    static func run(_ options: Options, _ context: Context) throws -> Int32 {
        try options.noMore(than: 1)
        try context.runtime().pause(try options.argument(0, "container-id"))
        return 0
    }
}
