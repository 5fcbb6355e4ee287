import ArgumentParser
import FoundationEssentials
import Lab
import Reports

/// `isolab doctor`: what this host can do.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Say what this host can do, and how to get what it lacks.",
        discussion: "The exit status is 0 where `isolab bench` can run its main job, else 1.")

    @Flag(help: "As JSON.") var json = false
    @Flag(help: "Show and free what a killed run left behind: processes, cgroups, mounts, guests, scratch space.")
    var clean = false
    @OptionGroup var places: PlaceOptions

    func run() throws {
        if clean {
            let released = Lab.releaseLeftovers(stateDirectory: places.stateDirectory)
            for words in released { print("released \(words)") }
            print(released.isEmpty ? "nothing was left behind" : "\(released.count) released")
            return
        }
        let capabilities = Doctor.examine(
            stateDirectory: places.stateDirectory, cacheDirectory: places.cacheDirectory)
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            do { print(String(decoding: try encoder.encode(capabilities), as: UTF8.self)) } catch {
                throw Failure.exit(error)
            }
        } else {
            print(TerminalListing.render(capabilities.map(row), colour: standardOutputTakesColour))
            let verdict =
                capabilities.allowMainJob
                ? "The main job can run: isolab bench" : "The main job cannot run: see what is marked ✗ above"
            print("\n\(verdict)")
        }
        if !capabilities.allowMainJob { throw ExitCode.failure }
    }

    private func row(_ capability: Capability) -> TerminalListing.Row {
        let mark: TerminalListing.Mark =
            switch capability.state {
            case .works: .works
            case .limited: .limited
            case .missing: .missing
            }
        return TerminalListing.Row(mark, capability.name, capability.detail, remedy: capability.remedy)
    }
}
