import ArgumentParser
import Engine
import Glibc
import Presentation

/// `isolab stats`: what containers use.
struct StatsCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Show what containers use: processors, memory, networks, block devices, processes.",
        discussion: """
            Without --no-stream the list is printed again every second, until Ctrl-C. What cannot be read is shown as --: an \
            ordinary user's container has no cgroup with statistics unless it has limits.
            """)

    @Flag(name: .shortAndLong, help: "Include containers that do not run.") var all = false
    @Flag(help: "Print the list once.") var noStream = false
    @OptionGroup var form: ListOptions
    @Argument(help: "Containers; all running ones if not given.") var containers: [String] = []

    func run() throws {
        do {
            let engine = try Engine(warn: Warning.print)
            // The share of a processor is counted between two looks.
            var earlier = try engine.use(of: containers, all: all)
            while true {
                sleep(1)
                let uses = try engine.use(of: containers, all: all)
                if !noStream, isatty(STDOUT_FILENO) == 1 { print("\u{1B}[H\u{1B}[2J", terminator: "") }
                let known = Dictionary(earlier.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
                try form.print(.statistics(uses, since: known, noTruncation: form.noTrunc))
                if noStream { return }
                fflush(nil)
                earlier = uses
            }
        } catch {
            throw Failure.exit(error)
        }
    }
}
