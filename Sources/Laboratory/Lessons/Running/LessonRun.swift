import Glibc
import Linux

/// A lesson on this host: its steps are run in order, each once.
package final class LessonRun {
    package let lesson: Lesson
    package private(set) var results: [StepResult] = []
    private let place: LessonPlace
    private let interrupts: Interrupts?
    /// What was tried so far: nil where it is there, else the reason.
    private var needs: [Need: String?] = [:]

    /// - Parameter program: the path of isolab.
    package init(_ lesson: Lesson, program: String, interrupts: Interrupts?) throws {
        self.lesson = lesson
        self.interrupts = interrupts
        place = try LessonPlace(program: program)
    }

    /// Removes what it made; results stay.
    package func close() { place.close() }

    /// The next step that has not run.
    package var next: Step? { results.count < lesson.steps.count ? lesson.steps[results.count] : nil }

    /// Runs it.
    @discardableResult
    package func runNext(prediction: String? = nil) throws -> StepResult? {
        guard let step = next else { return nil }
        var result = try run(step)
        result.prediction = prediction
        results.append(result)
        return result
    }

    private func run(_ step: Step) throws -> StepResult {
        for need in step.needs {
            guard let reason = try lack(of: need) else { continue }
            let words = "\(need.words): not available to you here: \(reason)"
            return StepResult(
                step: step, observation: nil, leftOut: words,
                verdicts: step.claims.map { ($0, .leftOut(words)) }, seconds: 0)
        }
        let inside = try place.shell.run(step.command, limit: step.limit, interrupts: interrupts)
        let outside = try step.outside.map {
            try place.shell.run($0.command, limit: step.limit, interrupts: interrupts)
        }
        let observation = Observation(
            output: inside.output, status: inside.status, outside: outside?.output ?? "",
            isRoot: geteuid() == 0)
        return StepResult(
            step: step, observation: observation, leftOut: nil,
            verdicts: step.claims.map { ($0, $0.verify(observation).map { .fails($0) } ?? .holds) },
            seconds: inside.seconds + (outside?.seconds ?? 0))
    }

    /// Why the host lacks something; nil where it has it.
    private func lack(of need: Need) throws -> String? {
        if let known = needs[need] { return known }
        var reason: String?
        for other in need.presupposes where reason == nil { reason = try lack(of: other) }
        if reason == nil {
            let result = try place.shell.run(need.trial, limit: need.patience, interrupts: interrupts)
            if result.status != 0 { reason = Self.reason(result.output) ?? "exit status \(result.status)" }
        }
        needs[need] = .some(reason)
        return reason
    }

    /// What isolab said last, without its name.
    private static func reason(_ output: String) -> String? {
        let lines = Observation.lines(of: output).filter { !$0.isEmpty && !$0.starts("isolab: warning:") }
        guard let line = lines.last(where: { $0.starts("isolab: ") }) ?? lines.last else { return nil }
        return line.rest(after: "isolab: ").map { String($0) } ?? line
    }
}
