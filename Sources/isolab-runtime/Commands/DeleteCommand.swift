import Containers

enum DeleteCommand: Command {
    static let name = "delete"
    static let summary = "remove a container that has stopped, with everything it is made of"
    static let usage = "<container-id>"
    static let options = [OptionSpecification("force", "f", help: "end it first; none of that name is no error")]

    static func run(_ options: Options, _ context: Context) throws -> Int32 {
        try options.noMore(than: 1)
        try context.runtime().delete(try options.argument(0, "container-id"), force: options.flag("force"))
        return 0
    }
}
