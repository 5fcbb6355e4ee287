import ArgumentParser
import CommandSupport
import Glibc
import OCI
import RegistryClient

/// `list`: the tags of a repository.
struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the tags of a repository in a registry.",
        usage: "isolab list [<options>] <repository>")

    @Argument(help: ArgumentHelp("[registry/]repository", valueName: "repository")) var repository: ImageName
    @Option(name: [.customShort("n"), .long], help: ArgumentHelp("Print at most this many.", valueName: "number"))
    var limit: Int?
    @Option(help: ArgumentHelp("Only tags after this one, in the registry's order.", valueName: "tag")) var last:
        String?
    @Option(help: ArgumentHelp("Only tags that match; * and ? are wildcards.", valueName: "pattern"))
    var match: String?
    @OptionGroup var registries: RegistryOptions

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit takes a whole number from 1") }
        if let last, !ImageReference.isTag(last) { throw ValidationError("'\(last)' is not a tag") }
    }

    func run() throws {
        let reference = try repository.reference()
        try Failure.told {
            let tags = try registries.client().tags(
                of: reference, limit: match == nil ? limit ?? .max : .max, after: last)
            let found = tags.filter { tag in match.map { matches(tag, $0) } ?? true }
            for tag in found.prefix(limit ?? .max) { print(tag) }
        }
    }
}

/// `search`: the repositories of a registry by a pattern, or the tags of a repository by one.
struct SearchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search", abstract: "Find repositories of a registry, or tags of a repository, by a pattern.",
        usage: "isolab search [<options>] <pattern>",
        discussion: """
            search localhost:5000/busy            repositories of a registry that lists them
            search docker.io/library/debian:'12*' tags of a repository

            A pattern without *, ? and [ is found anywhere in a name.
            """)

    @Argument(help: ArgumentHelp("REGISTRY/PATTERN or REPOSITORY:PATTERN", valueName: "pattern")) var pattern: String
    @Option(name: [.customShort("n"), .long], help: ArgumentHelp("Print at most this many.", valueName: "number"))
    var limit: Int?
    @OptionGroup var registries: RegistryOptions

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit takes a whole number from 1") }
    }

    func run() throws {
        if let colon = pattern.lastIndex(of: ":"), !pattern[colon...].contains("/"),
            let reference = try? ImageReference(String(pattern[..<colon]))
        {
            let wanted = String(pattern[pattern.index(after: colon)...])
            return try Failure.told {
                let tags = try registries.client().tags(of: reference)
                for tag in tags.filter({ holds($0, wanted) }).prefix(limit ?? .max) {
                    print("\(reference.familiarName):\(tag)")
                }
            }
        }
        guard let slash = pattern.firstIndex(of: "/"), ImageReference.isRegistry(pattern[..<slash]) else {
            printToStandardError(
                "isolab: search '\(pattern)': names no registry: REGISTRY/PATTERN finds repositories, REPOSITORY:PATTERN tags"
            )
            throw ExitCode(2)
        }
        let registry = String(pattern[..<slash])
        let wanted = String(pattern[pattern.index(after: slash)...])
        try Failure.told {
            let names = try registries.client().repositories(of: registry)
            for name in names.filter({ holds($0, wanted) }).prefix(limit ?? .max) {
                print("\(registry)/\(name)")
            }
        }
    }
}

/// A pattern of none of fnmatch's signs is looked for anywhere, as every search does.
private func holds(_ name: String, _ pattern: String) -> Bool {
    matches(name, pattern.utf8.contains { "*?[".utf8.contains($0) } ? pattern : "*\(pattern)*")
}

/// fnmatch(3): `*` also across slashes.
private func matches(_ name: String, _ pattern: String) -> Bool { fnmatch(pattern, name, 0) == 0 }
