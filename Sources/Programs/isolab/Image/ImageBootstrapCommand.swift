import ArgumentParser
import Building
import Images
import OCI

/// `isolab image bootstrap`: whole systems out of what the host has.
struct ImageBootstrapCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bootstrap", abstract: "Make an image of a whole system from this host's own packages.",
        subcommands: [Busybox.self, Debian.self])

    /// `isolab image bootstrap busybox`.
    struct Busybox: StoreCommand {
        static let configuration = CommandConfiguration(
            commandName: "busybox", abstract: "The host's static busybox, with a link for each of its commands.")

        @Argument(help: "A name for the image.") var name = "busybox"

        func run() throws {
            do {
                let bootstrapper = ImageBootstrapper(
                    try ImageStore(), names: try BuildValues.names([name]), epoch: try BuildValues.epoch())
                print(try bootstrapper.busybox().id)
            } catch {
                throw BuildFailure.exit(error)
            }
        }
    }

    /// `isolab image bootstrap debian`.
    struct Debian: StoreCommand {
        static let configuration = CommandConfiguration(
            commandName: "debian", abstract: "Debian by mmdebstrap, from the package sources this host uses.",
            usage: "isolab image bootstrap debian [<options>] [<name>]",
            discussion: """
                As root, or as an ordinary user with ids in /etc/subuid and /etc/subgid. The same packages with SOURCE_DATE_EPOCH make the \
                same image.
                """)

        @Argument(help: "A name for the image.") var name = "debian"
        @Option(help: ArgumentHelp("The release; the host's if not given.", valueName: "name")) var suite: String?
        @Option(help: ArgumentHelp("extract, essential, apt, minbase, standard, …", valueName: "variant"))
        var variant = "minbase"
        @Option(help: ArgumentHelp("Additional packages, separated by commas.", valueName: "packages"))
        var include: String?
        @Flag(name: .shortAndLong, help: "Print only the image's identifier.") var quiet = false

        func run() throws {
            do {
                let bootstrapper = ImageBootstrapper(
                    try ImageStore(), names: try BuildValues.names([name]), epoch: try BuildValues.epoch(),
                    isQuiet: quiet)
                let packages = include.map { $0.split(separator: ",").map(String.init) } ?? []
                print(try bootstrapper.debian(suite: suite, variant: variant, include: packages).id)
            } catch {
                throw BuildFailure.exit(error)
            }
        }
    }
}
