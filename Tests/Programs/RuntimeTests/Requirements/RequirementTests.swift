import Glibc
import Linux
import OCI
import Testing

/// The OCI runtime specification, requirement by requirement, by the command line alone: of isolab-runtime, and of crun and runc to
/// test the requirements themselves.
@Suite(
    .enabled(if: TestHost.canRun, TestHost.reason),
    .enabled(if: TestHost.hasController("memory") && TestHost.hasController("pids"), "no memory or pids controller"))
struct RequirementTests {
    @Test(arguments: RuntimeRequirement.all) func runtime(_ requirement: RuntimeRequirement) throws {
        try requirement.check(RuntimeFixture(.own))
    }

    /// The requirements are not of our own making: what others do by the same specification passes, too. What fails of each is said;
    /// where it is asked for (.ci/requirements), the table of CONFORMANCE.md is written anew.
    @Test(.enabled(if: RuntimeFixture.Subject.peers.count == 2, "crun and runc are not installed"))
    func requirementsHoldElsewhere() throws {
        let peers = try RuntimeFixture.Subject.peers.map { ($0, try RequirementTable.results(of: $0)) }
        let total = RuntimeRequirement.all.count
        for (subject, unmet) in peers {
            print("  \(subject.name) meets \(total - unmet.count) of \(total)")
            for requirement in RuntimeRequirement.all {
                guard let reason = unmet[requirement.testDescription] else { continue }
                print("    does not meet \(requirement.testDescription): \(reason)")
            }
            // A list that asked for what nobody does would be wrong itself.
            #expect(unmet.count * 4 < total, "\(subject.name)")
        }
        if RequirementTable.isAskedFor { try RequirementTable.write(beside: peers) }
    }

    /// CONFORMANCE.md has every requirement, and no other, with the result of each runtime.
    @Test func table() throws {
        #expect(Set(RuntimeRequirement.all.map(\.testDescription)).count == RuntimeRequirement.all.count)
        let table = try RequirementTable.document()
        let rows = table.split(separator: "\n").filter {
            $0.hasPrefix("| ") && !$0.hasPrefix("| --- ") && !$0.hasPrefix("| | ")
        }.dropFirst()
        let texts = rows.map { String($0.dropFirst(2).split(separator: " | ")[1]) }
        #expect(texts == RuntimeRequirement.all.map(\.text), "write it anew with .ci/requirements")
        for row in rows {
            let verdicts = row.dropLast(2).split(separator: " | ").dropFirst(2).map(String.init)
            #expect(verdicts.count == 3 && verdicts.first == "yes", "\(row)")
        }
    }
}
