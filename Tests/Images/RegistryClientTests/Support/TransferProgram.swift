import Glibc
import Linux
import TestSupport

/// The built `isolab-transfer`, run as a user runs it: with a home of its own.
struct TransferProgram {
    /// What one call came to.
    struct Result {
        let status: Int32
        let output: String
        let complaints: String
    }

    /// Where the programs under test are: beside the test product.
    private static let path = "\(StandardDirectories.programs)/isolab-transfer"

    let place: Place
    /// `NAME=value`, besides those that every call has.
    var environment: [String] = []

    init(_ place: Place) { self.place = place }

    private func plan(_ arguments: [String]) -> ProcessPlan {
        let own = ["HOME=\(place.path)/home", "ISOLAB_DATA=\(place.path)/data", "TERM=xterm"]
        let named = (own + environment).map { $0.prefix { $0 != "=" } } + ["XDG_RUNTIME_DIR", "REGISTRY_AUTH_FILE"]
        let inherited = ProcessPlan.ownEnvironment().filter { !named.contains($0.prefix { $0 != "=" }) }
        return ProcessPlan(
            Self.path, arguments, environment: inherited + own + environment, workingDirectory: place.path)
    }

    /// Runs it to its end on a terminal of its own; the output has all that it would show. No argument needs quoting.
    func runOnTerminal(_ arguments: [String]) throws -> String {
        var onTerminal = plan([])
        onTerminal.executable = Repository.path("Tests/Support/in-terminal")
        onTerminal.arguments = ["in-terminal", ([Self.path] + arguments).joined(separator: " ")]
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDWR)
        let output = try OwnedDescriptor(opening: "\(place.path)/terminal", O_WRONLY | O_CREAT | O_TRUNC)
        _ = try onTerminal.spawn(
            StandardStreams(input: null.number, output: output.number, error: null.number)
        ).wait(for: onTerminal.arguments.joined(separator: " "))
        return place.read("terminal")
    }

    /// Runs it to its end.
    func run(_ arguments: [String], input: String = "") throws -> Result {
        let serial = UInt32.random(in: 0...UInt32.max)
        try place.write(input, to: "in-\(serial)")
        let input = try OwnedDescriptor(opening: "\(place.path)/in-\(serial)", O_RDONLY)
        let output = try OwnedDescriptor(opening: "\(place.path)/out-\(serial)", O_WRONLY | O_CREAT | O_TRUNC)
        let error = try OwnedDescriptor(opening: "\(place.path)/err-\(serial)", O_WRONLY | O_CREAT | O_TRUNC)
        let exit = try plan(arguments).spawn(
            StandardStreams(input: input.number, output: output.number, error: error.number)
        ).wait(for: "isolab-transfer \(arguments.joined(separator: " "))")
        return Result(
            status: exit.shellStatus, output: place.read("out-\(serial)"), complaints: place.read("err-\(serial)"))
    }

    /// Starts it and leaves it running.
    func start(_ arguments: [String]) throws -> RunningProcess {
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDWR)
        return try plan(arguments).spawn(
            StandardStreams(input: null.number, output: null.number, error: null.number))
    }
}
