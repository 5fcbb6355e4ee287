/// Every claim of lessons, tried on this host.
package struct Verification: Sendable {
    package struct Row: Sendable {
        package let lesson: String
        package let step: String
        package let claim: String
        package let verdict: ClaimVerdict
    }

    package private(set) var rows: [Row] = []

    package init() {}

    /// Whether nothing was refuted.
    package var succeeded: Bool { !rows.contains { if case .fails = $0.verdict { true } else { false } } }

    /// Runs a lesson without stops.
    package mutating func add(_ lesson: Lesson, program: String, interrupts: Interrupts?) throws {
        let run = try LessonRun(lesson, program: program, interrupts: interrupts)
        defer { run.close() }
        while let result = try run.runNext() {
            for (claim, verdict) in result.verdicts {
                rows.append(
                    Row(lesson: lesson.name, step: result.step.id, claim: Markup.plain(claim.text), verdict: verdict))
            }
        }
    }

    /// `17 claims hold, 1 does not, 3 were left out`.
    package var summary: String {
        var held = 0
        var failed = 0
        var leftOut = 0
        for row in rows {
            switch row.verdict {
            case .holds: held += 1
            case .fails: failed += 1
            case .leftOut: leftOut += 1
            }
        }
        return "\(held) of \(rows.count) claims hold here; \(failed) do not; \(leftOut) were left out"
    }
}
