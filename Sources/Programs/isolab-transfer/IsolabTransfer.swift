import ArgumentParser
import CommandSupport
import Glibc
import Linux

/// What `isolab` hands over when registries are concerned, with the same arguments: the only program that links libcurl.
@main
struct IsolabTransfer: ParsableCommand {
    static let configuration = CommandConfiguration(
        // Users come here by `isolab pull` and its like: that is how the help has to call it.
        commandName: "isolab",
        abstract: "Pull, push and look at images in registries (isolab-transfer).",
        discussion: """
            Credentials are those of docker and podman (auth.json, config.json, credential helpers). Registries are contacted \
            over TLS; plain HTTP and untrusted certificates are for registries named by --insecure-registry and for this \
            machine itself.

            Exit status: 0 done, 1 the request failed, 2 the command line was wrong, 130 interrupted (what was \
            received is kept, and the next pull resumes there).
            """,
        version: Release.version,
        subcommands: [
            PullCommand.self, PushCommand.self, CopyCommand.self, InspectCommand.self, ListCommand.self,
            SearchCommand.self, DeleteCommand.self, LoginCommand.self, LogoutCommand.self, RegistryGroup.self,
            FetchCommand.self,
        ])

    /// `isolab registry inspect` and `delete` as users call them: without that word `isolab` means what is here.
    struct RegistryGroup: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "registry", abstract: "What `isolab registry` hands over.", shouldDisplay: false,
            subcommands: [InspectCommand.self, DeleteCommand.self])
    }

    /// As ArgumentParser's own `main`, but with the exit statuses isolab promises.
    static func main() {
        if let problem = AddressSpace.problem() { refuse(problem, status: 1) }
        if let problem = CallerText.problem() { refuse(problem, status: 2) }
        let words = AbsentOption.withoutHarmless(Array(CommandLine.arguments.dropFirst()))
        do {
            var command = try parseAsRoot(try OptionWords.parsable(words, of: IsolabTransfer.self))
            do { try command.run() } catch let error as ValidationError {
                end(with: error, saying: command.misuse(error))
            }
            if let problem = StandardOutput.finish() { refuse(problem, status: 1) }
        } catch let fault as OptionWords.Fault {
            refuse("\(fault)", status: 2)
        } catch {
            if let problem = AbsentOption.problem(in: words) { refuse(problem, status: 2) }
            let text = fullMessage(for: error)
            // The parser would say first that an argument is missing.
            let isMissing = text.firstRange(of: "Missing expected argument") != nil
            if let option = UnknownOption.name(in: text)
                ?? (isMissing ? OptionWords.unknown(in: words, of: IsolabTransfer.self) : nil)
            {
                let command = OptionWords.command(of: words, of: IsolabTransfer.self)
                refuse(UnknownOption.problem(option, of: command, path: command.calledPath), status: 2)
            }
            let path = OptionWords.command(of: words, of: IsolabTransfer.self).calledPath
            if let problem = InvalidValue.problem(in: text, path: path) { refuse(problem, status: 2) }
            end(with: error)
        }
    }
}
