import Glibc
import Linux
import OCI
import TestSupport

/// The table of CONFORMANCE.md: each requirement with each runtime's result.
enum RequirementTable {
    private static let path = Repository.path("Sources/Programs/isolab-runtime/CONFORMANCE.md")
    private static let begin = "<!-- requirements: written by .ci/requirements -->\n"
    private static let end = "<!-- end of requirements -->\n"

    static let isAskedFor = getenv("ISOLAB_REQUIREMENTS") != nil

    /// What a runtime does not meet, by the requirement, and why.
    static func results(of subject: RuntimeFixture.Subject) throws -> [String: String] {
        var unmet: [String: String] = [:]
        for requirement in RuntimeRequirement.all {
            do { try requirement.check(RuntimeFixture(subject)) } catch {
                unmet[requirement.testDescription] = "\(error)"
            }
        }
        return unmet
    }

    private static func parts() throws -> (before: Substring, table: Substring, after: Substring) {
        let text = try SystemFile.read(path)
        guard let first = text.firstRange(of: begin), let last = text.firstRange(of: end) else {
            throw Unmet(description: "\(path) has no place for the table")
        }
        return (text[..<first.upperBound], text[first.upperBound..<last.lowerBound], text[last.lowerBound...])
    }

    static func document() throws -> Substring { try parts().table }

    /// - Parameter peers: the others, with what each does not meet.
    static func write(beside peers: [(subject: RuntimeFixture.Subject, unmet: [String: String])]) throws {
        let columns = [(subject: RuntimeFixture.Subject.own, unmet: try results(of: .own))] + peers
        let names = try columns.map { try RuntimeFixture($0.subject).version }
        var text = "| Part | Requirement | \(names.joined(separator: " | ")) |\n"
        text += "| --- | --- |\(String(repeating: " --- |", count: columns.count))\n"
        for requirement in RuntimeRequirement.all {
            let words = columns.map { $0.unmet[requirement.testDescription] == nil ? "yes" : "no" }
            text += "| \(requirement.place) | \(requirement.text) | \(words.joined(separator: " | ")) |\n"
        }
        let total = RuntimeRequirement.all.count
        let counts = columns.map { "\(total - $0.unmet.count) of \(total)" }
        text += "| | met | \(counts.joined(separator: " | ")) |\n"
        let (before, _, after) = try parts()
        try SystemFile.replace(path, with: Array((before + text + after).utf8), mode: 0o644)
    }
}
