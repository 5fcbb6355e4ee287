import Glibc
import Linux
import RunRecord

/// The workload as a plain process of the host: what every isolation is compared with.
final class NativeLane: Lane {
    let entry: LaneEntry
    private let laboratory: Laboratory

    init(_ entry: LaneEntry, _ laboratory: Laboratory) {
        self.entry = entry
        self.laboratory = laboratory
    }

    func availability() -> Availability { .yes }

    func prepare() throws -> LaneRecord {
        var record = self.record(.yes)
        let example = LaunchRequest(name: "example", nonce: 0, work: 1000, command: ["exit"])
        record.configuration["argv"] = arguments(example).joined(separator: " ")
        return record
    }

    func arguments(_ request: LaunchRequest) -> [String] {
        [laboratory.image.workload] + request.arguments()
    }

    var declared: DeclaredIsolation? { laboratory.harness.map(DeclaredIsolation.plainProcess) }

    func launch(_ request: LaunchRequest) throws -> any Sandbox {
        try CommandSandbox(arguments: arguments(request), request, laboratory)
    }

    func close() {}
}
