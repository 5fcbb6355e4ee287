import ArgumentParser
import Engine
import Images
import Presentation

/// `isolab image check`: whether the store is whole.
struct CheckCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Verify everything in the store against its digest.",
        discussion: "The exit status is 1 if something is damaged or missing.")

    @Flag(help: "Remove what is damaged, so that it can be pulled or loaded again.") var repair = false

    func run() throws {
        do {
            let report = try ImageStore().check(repairing: repair)
            for problem in report.problems { print("\(problem)") }
            print(
                "\(report.blobs) blobs, \(HumanSize.text(report.size)): \(report.problems.isEmpty ? "no problems" : "\(report.problems.count) problems")"
            )
            if !report.problems.isEmpty { throw ExitCode.failure }
        } catch {
            throw Failure.exit(error)
        }
    }
}
