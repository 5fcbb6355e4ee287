import ArgumentParser
import CommandSupport
import Glibc
import OCI
import RegistryClient

/// `login`: shows a name and a password to a registry, and keeps them where docker and podman look.
struct LoginCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login", abstract: "Log in to a registry.",
        usage: "isolab login [<options>] [<registry>]",
        discussion: """
            The password is stored only if the registry accepts it. Passwords come from the terminal or from standard \
            input, never from the command line, which every user of the machine can read.
            """)

    @Argument(help: ArgumentHelp("host[:port]", valueName: "registry")) var registry: String = ImageReference
        .defaultRegistry
    @Option(name: .shortAndLong, help: ArgumentHelp("The user name; prompted for if not given.", valueName: "user"))
    var username: String?
    @Flag(help: "Read the password from standard input.") var passwordStdin = false
    @OptionGroup var registries: RegistryOptions

    func run() throws {
        let host = try RegistryName.check(registry)
        try Failure.told {
            if passwordStdin, username == nil {
                throw ValidationError("--password-stdin needs --username")
            }
            let user = try username ?? SecretPrompt.line("user: ")
            let password = try passwordStdin ? SecretPrompt.standardInput() : SecretPrompt.secret("password: ")
            guard !user.isEmpty, !user.contains(":"), !password.isEmpty else {
                throw ValidationError("a name without ':' and a password are needed")
            }
            let options = try registries.options()
            let credential = Credential.password(user: user, password: password)
            let welcome = try RegistryClient(options).check(credential, at: host)
            let place = try options.credentials.save(credential, for: host)
            if welcome == .asksNobody {
                printToStandardError("isolab: \(host) needs no password, so this one was not checked")
            }
            print("logged in to \(host) as \(user); stored in \(place)")
        }
    }
}

/// `logout`: forgets.
struct LogoutCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout", abstract: "Remove the stored password of a registry.",
        usage: "isolab logout [<options>] [<registry>]")

    @Argument(help: ArgumentHelp("host[:port]", valueName: "registry")) var registry: String = ImageReference
        .defaultRegistry
    @OptionGroup var registries: RegistryOptions

    func run() throws {
        let host = try RegistryName.check(registry)
        try Failure.told {
            let places = try registries.options().credentials.remove(host)
            guard !places.isEmpty else {
                printToStandardError("isolab: no password for \(host) was stored")
                throw ExitCode.failure
            }
            print("removed the password for \(host) from \(places.joined(separator: ", "))")
        }
    }
}

/// A registry as users name it, perhaps with a scheme and Docker's version.
enum RegistryName {
    static func check(_ text: String) throws -> String {
        var name = text[...]
        for scheme in ["https://", "http://"] where name.hasPrefix(scheme) { name = name.dropFirst(scheme.count) }
        name = name.prefix { $0 != "/" }
        if ["index.docker.io", "registry-1.docker.io"].contains(name) { name = ImageReference.defaultRegistry[...] }
        guard ImageReference.isRegistry(name) else {
            throw ValidationError("'\(text)' is not a host with an optional port")
        }
        return name.lowercased()
    }
}
