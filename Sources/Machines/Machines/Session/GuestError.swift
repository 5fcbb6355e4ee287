package import Linux

/// Why a guest with a command could not be had, or was lost.
package enum GuestError: Error, Equatable, Sendable, CustomStringConvertible {
    case command(GuestCommandError)
    case kernel(KernelError)
    case driver(DriverError)
    case system(SystemError)
    /// A tool that packs the root failed or is missing.
    case packing(tool: String, problem: String)
    /// Whoever wanted to prepare something in its cell could not, and knows why.
    case unprepared
    /// It was there and went without saying how the command ended.
    case lost(String)

    package var description: String {
        switch self {
        case .command(let error): error.description
        case .kernel(let error): error.description
        case .driver(let error): error.description
        case .system(let error): error.description
        case .packing(let tool, let problem): "\(tool): \(problem)"
        case .unprepared: "the guest's cell could not be made ready"
        case .lost(let why): why
        }
    }
}
