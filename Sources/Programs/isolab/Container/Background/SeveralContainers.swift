import ArgumentParser
import CommandSupport
import Engine

/// A command on several containers: what is wrong with one does not keep it from the others.
enum SeveralContainers {
    /// - Parameter body: gives what is printed of a container.
    static func each(_ names: [String], _ body: (Engine, String) throws -> String?) throws {
        var last: (any Error)?
        for name in names {
            do { if let line = try body(try Engine(warn: Warning.print), name) { print(line) } } catch {
                if let last { printToStandardError("isolab: \(last)") }
                last = error
            }
        }
        guard let last else { return }
        if last is OptionError { throw Failure.exit(last) }
        // What a program's status would be is for whoever stays with it.
        printToStandardError("isolab: \(last)")
        throw ExitCode.failure
    }
}

/// Those that every such command takes.
struct ContainerNames: ParsableArguments {
    @Argument(help: "Containers, by name or by the beginning of their identifiers.") var containers: [String]
}
