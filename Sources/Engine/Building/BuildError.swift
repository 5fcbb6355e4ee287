package import Containerfiles
package import ImageRuntime
package import Images
package import Layers
package import Linux

/// A build, an import or a bootstrap that failed: at which step, and why.
package enum BuildError: Error, Sendable, CustomStringConvertible {
    case containerfile(ContainerfileError)
    /// A step that could not be done.
    case step(file: String, line: Int, instruction: String, problem: String)
    /// The command of a RUN ended with an error; its status as a shell has it, what may be the reason, and the end of what it said where
    /// that was not shown.
    case command(
        file: String, line: Int, instruction: String, ending: ProcessExit.Ending, status: Int32, advice: String?,
        output: String?)
    /// A file of a build's context, or of what is imported.
    case source(path: String, problem: String)
    /// What was asked for cannot be had here.
    case unavailable(String, advice: String)
    /// A program that helps failed.
    case program(String, ending: ProcessExit.Ending)
    case image(ImageError)
    case layer(LayerError)
    case user(UserError)
    case system(SystemError)
    /// By a signal, on the user's word.
    case interrupted(signal: Int32)

    package var description: String {
        switch self {
        case .containerfile(let error): error.description
        case .step(let file, let line, let instruction, let problem): "\(file):\(line): \(instruction): \(problem)"
        case .command(let file, let line, let instruction, let ending, _, let advice, _):
            "\(file):\(line): \(instruction): the command ended with \(ending)" + (advice.map { "; \($0)" } ?? "")
        case .source(let path, let problem): "\(path): \(problem)"
        case .unavailable(let what, let advice): "\(what); \(advice)"
        case .program(let name, let ending): "\(name) ended with \(ending)"
        case .image(let error): error.description
        case .layer(let error): error.description
        case .user(let error): error.description
        case .system(let error): error.description
        case .interrupted(let signal): "interrupted by signal \(signal); everything was cleaned up"
        }
    }

    /// The end of what a command said that failed, where it was not shown.
    package var output: String? {
        guard case .command(_, _, _, _, _, _, let output) = self else { return nil }
        return output
    }

    /// What the command's caller gets: 130 and the like where it was interrupted, else 1.
    package var exitStatus: Int32 {
        if case .interrupted(let signal) = self { return 128 + signal }
        return 1
    }

    /// The errors of the parts below, each as it is.
    init(_ error: any Error) {
        switch error {
        case let error as BuildError: self = error
        case let error as ContainerfileError: self = .containerfile(error)
        case let error as ImageError: self = .image(error)
        case let error as LayerError: self = .layer(error)
        case let error as UserError: self = .user(error)
        case let error as SystemError: self = .system(error)
        default: self = .unavailable("\(error)", advice: "nothing was changed")
        }
    }

    /// Runs a body whose errors are those of the parts below.
    static func telling<Result>(_ body: () throws -> Result) throws(BuildError) -> Result {
        do { return try body() } catch { throw BuildError(error) }
    }
}
