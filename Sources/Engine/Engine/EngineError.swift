import Glibc
package import Linux
package import Machines

/// A request to the engine that cannot be met.
package enum EngineError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No container of that name or identifier.
    case unknown(String)
    /// The beginning of several containers' identifiers.
    case ambiguous(String, candidates: [String])
    /// Another container has the name.
    case nameTaken(String, by: String)
    /// The container is not in the state that the operation needs: which operation, which container, how it is, what to do.
    case state(String, String, String, advice: String)
    /// What was asked for cannot be had here, or not yet.
    case unsupported(String, advice: String?)
    /// The program in the container could not be started (126: it may not be executed, 127: it is not there).
    case program(SystemError, status: Int32)
    /// A container could not be started by the process that was to look after it: what it said, and the status for it.
    case launch(String, status: Int32)
    /// The command of a guest could not be started there.
    case guest(GuestStartFailure)

    package var description: String {
        switch self {
        case .unknown(let name): "there is no container '\(name)'; `isolab ps -a` lists all containers"
        case .ambiguous(let name, let candidates):
            "'\(name)' begins the identifiers of \(candidates.count) containers: "
                + candidates.map { String($0.prefix(12)) }.joined(separator: ", ")
        case .nameTaken(let name, let id):
            "the name '\(name)' is taken by container \(id.prefix(12)); remove it with `isolab rm \(name)`, or choose another"
        case .state(let operation, let name, let state, let advice):
            "cannot \(operation) container '\(name)': it \(Self.words(state)); \(advice)"
        case .unsupported(let problem, let advice): problem + (advice.map { "; \($0)" } ?? "")
        case .program(let error, _): "\(error.object): \(error.advice ?? SystemError.message(error.errno))"
        case .launch(let words, _): words
        case .guest(let failure): failure.description
        }
    }

    /// How a container is, with its verb.
    private static func words(_ state: String) -> String {
        switch state {
        case "exited": "has exited"
        case "created": "has not been started"
        default: "is \(state)"
        }
    }

    /// A command whose first word is empty: nothing is called so.
    static let emptyCommand = EngineError.program(
        SystemError("execve", "''", errno: ENOENT, advice: "the command is empty: there is no such program"),
        status: 127)

    /// The exit status that says it, where it has one of its own.
    package var status: Int32? {
        switch self {
        case .program(_, let status): status
        case .launch(_, let status): status
        case .guest(let failure): failure.shellStatus
        default: nil
        }
    }
}
