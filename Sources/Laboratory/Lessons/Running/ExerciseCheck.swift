import Glibc
import Linux

/// Looks whether a learner's exercise is done, in the learner's own store.
package struct ExerciseCheck: Sendable {
    package struct Row: Sendable {
        package let text: String
        /// nil where it is so.
        package let missing: String?
    }

    package let lesson: Lesson
    package let exercise: Exercise
    package let rows: [Row]

    package var isDone: Bool { rows.allSatisfy { $0.missing == nil } }

    /// - Returns: nil where the lesson has no exercise.
    package init?(_ lesson: Lesson, program: String, interrupts: Interrupts?) throws {
        guard let exercise = lesson.exercise else { return nil }
        self.lesson = lesson
        self.exercise = exercise
        let environment = ProcessPlan.ownEnvironment() + ["isolab=\(program)"]
        let shell = ShellRun(environment: environment, directory: "/", groupFile: nil)
        rows = try exercise.checks.map { check in
            // The program that looks is the one that asks.
            let result = try shell.run(
                "isolab() { \"$isolab\" \"$@\"; }\n" + check.command, limit: 60, interrupts: interrupts)
            return Row(
                text: check.text,
                missing: check.verify(
                    Observation(
                        output: result.output, status: result.status, isRoot: geteuid() == 0)))
        }
    }
}
