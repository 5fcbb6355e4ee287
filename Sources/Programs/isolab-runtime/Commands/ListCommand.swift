import Containers
import OCI

enum ListCommand: Command {
    static let name = "list"
    static let summary = "list the containers"
    static let usage = ""
    static let options = [
        OptionSpecification("format", "f", value: "FORM", help: "table (default) or json"),
        OptionSpecification("quiet", "q", help: "names only"),
    ]

    static func run(_ options: Options, _ context: Context) throws -> Int32 {
        try options.noMore(than: 0)
        let states = try context.runtime().list()
        if options.flag("quiet") {
            for state in states { print(state.id) }
            return 0
        }
        switch options.value("format") ?? "table" {
        case "json": print(String(decoding: JSONDocument.write(states, indented: false), as: UTF8.self))
        case "table": printTable(states)
        default: throw UsageError("--format must be table or json")
        }
        return 0
    }

    private static func printTable(_ states: [ContainerState]) {
        var rows = [["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]]
        rows += states.map { state in
            [
                state.id, String(state.pid ?? 0), state.status.rawValue, state.bundle, state.created ?? "",
                state.owner ?? "",
            ]
        }
        let widths = (0..<6).map { column in rows.map { $0[column].count }.max() ?? 0 }
        for row in rows {
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            var line = cells.joined(separator: "   ")
            while line.last == " " { line.removeLast() }
            print(line)
        }
    }
}
