import Containers
import Glibc
import Linux

extension Engine {
    /// The text of `isolab top`: what ps(1) of the host says of a container's processes.
    ///
    /// - Parameter arguments: for ps; empty: `-ef`.
    package func processes(of text: String, _ arguments: [String]) throws -> String {
        let container = try living(text, for: "list the processes of")
        let inside = Set(try runtime.processes(of: container.id))
        let pipe = try Pipe("the output of ps")
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDONLY)
        let child: RunningProcess
        do {
            child = try ProcessPlan("ps", arguments.isEmpty ? ["-ef"] : arguments).spawn(
                StandardStreams(input: null.number, output: pipe.writeEnd))
        } catch {
            throw EngineError.unsupported(
                "the host has no ps, which lists processes", advice: "install procps, or use `isolab exec \(text) ps`")
        }
        let said = try pipe.readAll()
        let ending = try child.wait().ending
        guard ending == .exited(0) else { throw EngineError.unsupported("ps ended: \(ending)", advice: nil) }
        guard let listed = Self.lines(of: said, among: inside) else {
            throw OptionError("top", arguments.joined(separator: " "), "must make ps print a column PID")
        }
        return listed.map { $0 + "\n" }.joined()
    }

    /// The heading of what ps printed, and the lines of some processes; nil where none of its columns is PID.
    static func lines(of text: String, among processes: Set<Int32>) -> [Substring]? {
        let lines = text.parts(between: "\n")
        guard let heading = lines.first, let column = heading.parts(between: " ").firstIndex(of: "PID") else {
            return nil
        }
        return [heading]
            + lines.dropFirst().filter { line in
                let fields = line.parts(between: " ")
                return fields.count > column && Int32(fields[column]).map(processes.contains) == true
            }
    }
}
