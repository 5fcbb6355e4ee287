import Containers
import WorkloadProtocol

/// One start, seen from outside: nanoseconds after the launch call.
struct Launch {
    var ready: UInt64
    var exit: UInt64
    var released: UInt64
    /// What the workload said.
    var output: String
    var succeeded: Bool
    /// Where a lane knows them.
    var phases: [ContainerPhase] = []
}

/// One way to start the workload.
protocol Lane {
    var name: String { get }
    /// What it isolates, for the table.
    var isolation: String { get }
    func launch(nonce: UInt64, work: UInt32) throws -> Launch
}

extension Lane {
    /// Launches and verifies: a failed start looks fast.
    func verifiedLaunch(nonce: UInt64, work: UInt32) throws -> Launch {
        let launch = try launch(nonce: nonce, work: work)
        let messages = launch.output.split(separator: "\n").compactMap { WorkloadMessage(line: $0) }
        let expected: [WorkloadMessage] = [
            .hello(version: 1, nonce: nonce, command: "exit"),
            .proof(iterations: work, state: ProofOfWork.answer(nonce: nonce, iterations: work)),
            .done(status: 0),
        ]
        guard launch.succeeded, messages == expected else {
            throw UnprovenLaunch(lane: name, output: launch.output, succeeded: launch.succeeded)
        }
        return launch
    }
}

struct UnprovenLaunch: Error, CustomStringConvertible {
    let lane: String
    let output: String
    let succeeded: Bool
    var description: String { "\(lane): the workload did not prove its run (succeeded: \(succeeded)): \(output)" }
}

func hexadecimal(_ nonce: UInt64) -> String {
    let digits = String(nonce, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}

func workloadArguments(nonce: UInt64, work: UInt32) -> [String] {
    ["/isolab-workload", "--nonce", hexadecimal(nonce), "--work", "\(work)", "exit"]
}
