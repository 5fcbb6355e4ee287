import ArgumentParser
import Lab
import Reports
import RunRecord

/// `isolab lanes`: the ways to isolate that can be compared.
struct LanesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lanes", abstract: "List the lanes and whether they can run here.")

    @OptionGroup var parts: PartOptions

    func run() throws {
        do {
            let rows = try Lab.lanes(parts.options).map { lane in
                TerminalListing.Row(
                    lane.available ? .works : .missing, lane.id,
                    lane.available ? lane.title : "\(lane.title): \(lane.reason)", remedy: lane.remedy)
            }
            print(TerminalListing.render(rows, width: standardOutputWidth, colour: standardOutputTakesColour))
        } catch {
            throw Failure.exit(error)
        }
    }
}
