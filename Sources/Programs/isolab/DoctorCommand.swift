import ArgumentParser
import CommandSupport
import Engine
import FoundationEssentials
import Lab
import Reports
import RunRecord

/// `isolab doctor`: what this host can do.
struct DoctorCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Show what this host can do, and how to get what it lacks.",
        discussion: "The exit status is 0 if `isolab bench` can run its main job, else 1.")

    @Flag(help: "As JSON.") var json = false
    @Flag(help: "Show and free what a killed run left behind: processes, cgroups, mounts, guests, scratch space.")
    var clean = false
    @Option(
        help: ArgumentHelp("Ask this libvirt instead of the embedded driver, e.g. qemu:///system.", valueName: "uri"))
    var connect: String?
    @OptionGroup var places: PlaceOptions

    var touchesStore: Bool { clean && Engine.isUsed }

    func run() throws {
        if clean {
            do {
                var (released, kept) = try Lab.releaseLeftovers(stateDirectory: places.stateDirectory)
                let lines = CollectedLines()
                released += try Engine.releaseLeftovers { lines.add($0) }
                kept += lines.all
                for words in released { print("released \(words)") }
                for words in kept { printToStandardError("isolab: could not release \(words)") }
                if released.isEmpty && kept.isEmpty { print("nothing was left behind") }
                if !kept.isEmpty { throw ExitCode.failure }
                return
            } catch {
                throw Failure.exit(error)
            }
        }
        let capabilities = Doctor.examine(
            stateDirectory: places.stateDirectory, cacheDirectory: places.cacheDirectory, connect: connect)
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            do { print(String(decoding: try encoder.encode(capabilities), as: UTF8.self)) } catch {
                throw Failure.exit(error)
            }
        } else {
            print(
                TerminalListing.render(
                    capabilities.map(row), width: standardOutputWidth, colour: standardOutputTakesColour))
            print("\n" + verdict(capabilities))
        }
        if !capabilities.allowMainJob { throw ExitCode.failure }
    }

    /// Whether the whole comparison can run; if not, which lanes are left. An ordinary user is told besides whether images run.
    private func verdict(_ capabilities: [Capability]) -> String {
        let comparison = verdict(capabilities.allowMainJob)
        guard let images = capabilities.first(where: { $0.name == Doctor.imagesWithoutRoot }) else { return comparison }
        let words = images.state == .missing ? "Images cannot run" : "Images run and are built"
        return "\(words) for you: isolab run, isolab build.\n\(comparison)"
    }

    private func verdict(_ whole: Bool) -> String {
        if whole { return "The main job can run: isolab bench" }
        let options = BenchOptions(stateDirectory: places.stateDirectory, cacheDirectory: places.cacheDirectory)
        let left = ((try? Lab.lanes(options)) ?? []).filter { $0.available && $0.role != .leastProcess }.map(\.id)
        return left.isEmpty
            ? "The main job cannot run: see what is marked ✗ above"
            : "The main job cannot run completely: see what is marked ✗ above.\nLanes that can be tried: "
                + left.joined(separator: ", ")
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
