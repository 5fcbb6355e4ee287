import Containers

enum DeleteCommand: Command {
    static let name = "delete"
    static let summary = "remove a stopped container and its resources"
    static let usage = "<container-id>"
    static let options = [OptionSpecification("force", "f", help: "kill it first; a missing container is not an error")]

    static func run(_ options: Options, _ context: Context) throws -> Int32 {
        try options.noMore(than: 1)
        try context.runtime().delete(try options.argument(0, "container-id"), force: options.flag("force"))
        return 0
    }
}
