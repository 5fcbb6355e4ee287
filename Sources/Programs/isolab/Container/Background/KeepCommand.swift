import ArgumentParser
import Engine

/// `isolab keep`: what a container's keeper becomes when something is to be decided. Not for people.
struct KeepCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "keep", abstract: "What the keeper of a container leaves to isolab.", shouldDisplay: false)

    @Argument var container: String
    @Argument var event: String
    @Argument var status: Int32 = 0
    @Argument(parsing: .captureForPassthrough) var words: [String] = []

    func run() throws {
        do {
            try Program.protect()
            Program.end(
                try Engine(warn: Warning.print).takeKeeperTurn(container, event, status: status, words))
        } catch {
            throw Failure.exit(error, otherwise: 125)
        }
    }
}
