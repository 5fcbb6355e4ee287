import Containers

enum ResumeCommand: Command {
    static let name = "resume"
    static let summary = "resume a paused container"
    static let usage = "<container-id>"
    static let options: [OptionSpecification] = []

    static func run(_ options: Options, _ context: Context) throws -> Int32 {
        try options.noMore(than: 1)
        try context.runtime().resume(try options.argument(0, "container-id"))
        return 0
    }
}
