import Images
import Linux
import Testing

@testable import Building

/// A RUN whose command fails.
@Suite(.enabled(if: TestHost.canBuild, TestHost.reason)) struct FailingCommandTests {
    let bed: BuildBed

    init() throws {
        bed = try BuildBed()
        try bed.makeBusybox()
    }

    private func failure(of command: String) throws -> BuildError {
        try #require(throws: BuildError.self) { try bed.build("FROM busybox\nRUN \(command)\n") }
    }

    /// It ends the build with its status, and nothing but whole layers is left.
    @Test func statusAndLeftovers() throws {
        let error = try #require(throws: BuildError.self) {
            try bed.build("FROM busybox\nRUN touch /a\nRUN exit 7\n")
        }
        guard case .command(let file, let line, _, let ending, let status, let advice, let output) = error else {
            throw error
        }
        #expect(file.hasSuffix("Containerfile") && line == 3 && status == 7 && ending == .exited(7))
        #expect(advice == nil && output == "" && !"\(error)".contains("\n"))
        #expect(bed.leftovers.isEmpty)
        #expect(try bed.store.images().count == 1)
        try bed.build("FROM busybox\nRUN touch /a\n")
        #expect(bed.cachedSteps == 1)
    }

    /// That there is no network is said to who complains of it, not to who found no program.
    @Test func missedNetwork() throws {
        let alone = try failure(of: "echo \"wget: bad address 'x'\" >&2; exit 1")
        #expect("\(alone)".contains("RUN steps have no network") && alone.output == "wget: bad address 'x'\n")
        let absent = try failure(of: "nosuch-program")
        #expect(!"\(absent)".contains("no network") && absent.output?.contains("nosuch-program") == true)
    }

    /// Of what it said without being shown, the end is kept.
    @Test func longOutput() throws {
        let error = try failure(of: "yes | head -c 1000000; echo last; exit 3")
        #expect(error.output?.hasSuffix("y\nlast\n") == true && error.output?.utf8.count == CommandRunner.keptOutput)
    }
}
