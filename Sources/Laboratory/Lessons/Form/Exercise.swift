/// What a learner does alone, with a store of their own, and what is looked at afterwards.
package struct Exercise: Sendable {
    package let task: String
    package let hints: [String]
    package let checks: [Check]

    package init(task: String, hints: [String], checks: [Check]) {
        self.task = task
        self.hints = hints
        self.checks = checks
    }

    /// One thing that must be so.
    package struct Check: Sendable {
        package let text: String
        /// Looks, and changes nothing.
        package let command: String
        /// nil where it is so, else what is missing.
        package let verify: @Sendable (Observation) -> String?

        package init(_ text: String, command: String, _ verify: @escaping @Sendable (Observation) -> String?) {
            self.text = text
            self.command = command
            self.verify = verify
        }
    }
}
