import CommandSupport
import Engine
import Glibc
import Linux
import OCI

/// The program that speaks to registries: the only one that carries an HTTP stack.
enum Transfer {
    /// Becomes it, with this program's own arguments.
    static func become() throws -> Never {
        try Sibling.become("isolab-transfer", Array(CommandLine.arguments.dropFirst()))
    }

    /// Pulls an image and waits for it; what it has to say goes to standard error, standard output is the container's.
    ///
    /// - Parameters:
    ///   - isMissing: whether it is fetched because it is not here.
    ///   - quiet: whether nothing is said of it but what goes wrong.
    ///   - registries: options of `isolab pull` that say how registries are spoken to.
    @Sendable static func pull(
        _ name: ImageReference, _ platform: Platform?, isMissing: Bool = true, quiet: Bool = false,
        _ registries: [String] = []
    ) throws {
        if isMissing, !quiet { printToStandardError("Unable to find image '\(name.familiar)' locally") }
        let arguments =
            ["pull"] + (quiet ? ["--quiet"] : []) + (platform.map { ["--platform", "\($0)"] } ?? []) + registries
            + [name.description]
        let program = try Sibling.path("isolab-transfer")
        // What it prints is the name, which its caller has already.
        let null = try OwnedDescriptor(opening: "/dev/null", O_WRONLY)
        let exit = try ProcessPlan(program, arguments, environment: ProcessPlan.ownEnvironment()).spawn(
            StandardStreams(input: -1, output: null.number, error: STDERR_FILENO)
        ).wait()
        guard exit.succeeded else {
            throw EngineError.unsupported(
                "image '\(name.familiar)' could not be pulled",
                advice: isMissing
                    ? "check its name and the network, or use `isolab load`"
                    : "--pull missing uses the image that is here")
        }
    }
}

extension Transfer {
    /// Writes what an address gives to a descriptor.
    @Sendable static func fetch(_ address: String, _ descriptor: Int32) throws {
        let program = try Sibling.path("isolab-transfer")
        let exit = try ProcessPlan(program, ["fetch", "--", address], environment: ProcessPlan.ownEnvironment()).spawn(
            StandardStreams(input: -1, output: descriptor, error: STDERR_FILENO)
        ).wait()
        guard exit.succeeded else {
            throw EngineError.unsupported("\(address) could not be fetched (\(exit.ending))", advice: nil)
        }
    }
}

/// Programs of isolab's beside this one.
enum Sibling {
    static func path(_ name: String) throws -> String {
        let path = "\(StandardDirectories.programs)/\(name)"
        guard access(path, X_OK) == 0 else {
            throw SystemError(
                "run", path,
                advice: name == "isolab-registry"
                    ? "build it (make registry), and install it in the same directory as isolab (make install)"
                    : "\(name) must be in the same directory as isolab: build it (make build), or install both (make install)"
            )
        }
        return path
    }

    /// Becomes it (`execve(2)`).
    static func become(_ name: String, _ arguments: [String]) throws -> Never {
        let path = try path(name)
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
        words.append(nil)
        execv(path, words)
        throw SystemError("execve", path)
    }
}
