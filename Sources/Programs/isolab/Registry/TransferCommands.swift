import ArgumentParser

/// Commands that another program does (`isolab-transfer`), with the same arguments: here they have their names and a line of
/// help each.
enum TransferCommands {
    static let all: [any ParsableCommand.Type] = [
        PullCommand.self, PushCommand.self, LoginCommand.self, LogoutCommand.self, SearchCommand.self,
        CopyCommand.self, TagsCommand.self,
    ]
    /// Of `isolab image`, whose `list` is of what is here.
    static let ofImages: [any ParsableCommand.Type] = [CopyCommand.self, PullCommand.self, PushCommand.self]
}

struct PullCommand: TransferCommand {
    static let configuration: CommandConfiguration = handedOver("pull", "Pull an image from a registry.")
    @Argument(parsing: .captureForPassthrough, help: .hidden) var arguments: [String] = []
}

struct PushCommand: TransferCommand {
    static let configuration: CommandConfiguration = handedOver("push", "Push an image to a registry.")
    @Argument(parsing: .captureForPassthrough, help: .hidden) var arguments: [String] = []
}

struct LoginCommand: TransferCommand {
    static let configuration: CommandConfiguration = handedOver("login", "Log in to a registry.")
    @Argument(parsing: .captureForPassthrough, help: .hidden) var arguments: [String] = []
}

struct LogoutCommand: TransferCommand {
    static let configuration: CommandConfiguration = handedOver("logout", "Log out of a registry.")
    @Argument(parsing: .captureForPassthrough, help: .hidden) var arguments: [String] = []
}

struct SearchCommand: TransferCommand {
    static let configuration: CommandConfiguration = handedOver(
        "search", "Find repositories of a registry, or tags of a repository.")
    @Argument(parsing: .captureForPassthrough, help: .hidden) var arguments: [String] = []
}

struct CopyCommand: TransferCommand {
    static let configuration: CommandConfiguration = handedOver("copy", "Copy an image from one registry to another.")
    @Argument(parsing: .captureForPassthrough, help: .hidden) var arguments: [String] = []
}

struct TagsCommand: TransferCommand {
    static let configuration: CommandConfiguration = handedOver("list", "List the tags of a repository in a registry.")
    @Argument(parsing: .captureForPassthrough, help: .hidden) var arguments: [String] = []
}

/// A command whose words another program reads.
protocol HandedOverCommand: ParsableCommand {}

/// One of those. Its own parser takes nothing: the other program says what it takes.
protocol TransferCommand: HandedOverCommand {
    /// What the other program calls it.
    static var path: [String] { get }
    var arguments: [String] { get }
}

extension TransferCommand {
    static var path: [String] { [configuration.commandName ?? ""] }

    static func handedOver(_ name: String, _ abstract: String) -> CommandConfiguration {
        CommandConfiguration(commandName: name, abstract: abstract, helpNames: [])
    }

    func run() throws {
        do { try Sibling.become("isolab-transfer", Self.path + arguments) } catch {
            guard !Set(arguments).isDisjoint(with: ["-h", "--help"]) else { throw Failure.exit(error) }
            print(
                """
                OVERVIEW: \(Self.configuration.abstract)

                USAGE: isolab \(Self.path.joined(separator: " ")) [<options>] ...

                isolab-transfer has the options and their help, and it is missing: \(error)
                """)
        }
    }
}
