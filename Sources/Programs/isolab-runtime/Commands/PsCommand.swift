import Containers
import Glibc
import Linux
import OCI

enum PsCommand: Command {
    static let name = "ps"
    static let summary = "list the processes in a container"
    static let usage = "<container-id> [ps options]"
    static let options = [OptionSpecification("format", "f", value: "FORM", help: "table (default) or json")]
    static let stopsAtPositional: Int? = 0

    static func run(_ options: Options, _ context: Context) throws -> Int32 {
        let processes = try context.runtime().processes(of: try options.argument(0, "container-id"))
        switch options.value("format") ?? "table" {
        case "json": print(String(decoding: JSONDocument.write(processes, indented: false), as: UTF8.self))
        case "table": try printTable(Set(processes), Array(options.positional.dropFirst()))
        default: throw UsageError("--format must be table or json")
        }
        return 0
    }

    /// The lines of ps(1) whose process is inside.
    private static func printTable(_ processes: Set<Int32>, _ arguments: [String]) throws {
        let pipe = try Pipe()
        let child = try ProcessPlan("ps", arguments.isEmpty ? ["-ef"] : arguments).spawn(
            StandardStreams(output: pipe.writeEnd))
        let text = try pipe.readAll()
        let ending = try child.wait().ending
        guard ending == .exited(0) else { throw SystemError("run", "ps: \(ending)", errno: 0) }
        let lines = text.parts(between: "\n")
        guard let header = lines.first,
            let column = header.parts(between: " ").firstIndex(of: "PID")
        else { throw SystemError("read", "ps", errno: 0, advice: "its output has no column PID") }
        print(header)
        for line in lines.dropFirst() {
            let fields = line.parts(between: " ")
            if fields.count > column, let pid = Int32(fields[column]), processes.contains(pid) { print(line) }
        }
    }
}
