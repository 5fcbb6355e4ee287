import Containers
import OCI

enum StateCommand: Command {
    static let name = "state"
    static let summary = "print a container's state as JSON"
    static let usage = "<container-id>"
    static let options: [OptionSpecification] = []

    static func run(_ options: Options, _ context: Context) throws -> Int32 {
        try options.noMore(than: 1)
        let state = try context.runtime().state(of: try options.argument(0, "container-id"))
        print(String(decoding: state.json(indented: true), as: UTF8.self))
        return 0
    }
}
