import Containers

enum StartCommand: Command {
    static let name = "start"
    static let summary = "start the program of a created container"
    static let usage = "<container-id>"
    static let options: [OptionSpecification] = []

    static func run(_ options: Options, _ context: Context) throws -> Int32 {
        try options.noMore(than: 1)
        try context.runtime().start(try options.argument(0, "container-id"))
        return 0
    }
}
