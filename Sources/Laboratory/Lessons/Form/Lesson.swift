/// A lesson as data: what is said, what is typed, what is asked, and what must hold of what came out.
package struct Lesson: Sendable {
    /// As it is typed: `isolab learn NAME`.
    package let name: String
    package let title: String
    /// What a learner knows afterwards, in one sentence.
    package let aim: String
    package let steps: [Step]
    /// What a learner does alone, in a store of their own.
    package let exercise: Exercise?

    package init(name: String, title: String, aim: String, steps: [Step], exercise: Exercise? = nil) {
        self.name = name
        self.title = title
        self.aim = aim
        self.steps = steps
        self.exercise = exercise
    }
}

/// One idea: it is said, predicted, done, and explained. Texts hold `code` in backticks and *terms* of the glossary in asterisks.
package struct Step: Sendable {
    /// Unique in its lesson: what a verification calls it.
    package let id: String
    package let title: String
    package let text: String
    /// What the host must offer, without which the step is left out.
    package let needs: [Need]
    /// Lines of a shell, as anybody could type them. One that begins with a blank continues the line before.
    package let command: String
    package let question: Question?
    /// Texts that mark the lines of the output which matter.
    package let marks: [String]
    /// What it means, in two sentences at most.
    package let meaning: String
    /// The same seen by another, from the host or from beside.
    package let outside: Look?
    /// What `--explain` says besides.
    package let depth: String
    package let claims: [Claim]
    /// After so many seconds the command is ended.
    package let limit: Int

    package init(
        id: String, title: String, text: String, needs: [Need] = [.containers], command: String,
        question: Question? = nil, marks: [String] = [], meaning: String, outside: Look? = nil, depth: String = "",
        claims: [Claim], limit: Int = 120
    ) {
        self.id = id
        self.title = title
        self.text = text
        self.needs = needs
        self.command = command
        self.question = question
        self.marks = marks
        self.meaning = meaning
        self.outside = outside
        self.depth = depth
        self.claims = claims
        self.limit = limit
    }
}

/// A second command, which shows from elsewhere what the first one did.
package struct Look: Sendable {
    package let text: String
    package let command: String
    package let marks: [String]

    package init(_ text: String, command: String, marks: [String] = []) {
        self.text = text
        self.command = command
        self.marks = marks
    }
}

/// What a learner predicts before the command runs; the answer is what came out here.
package struct Question: Sendable {
    package let text: String
    /// Empty where the prediction is free.
    package let choices: [String]
    /// The answer as this host gave it: one of the choices, or what a free prediction is compared with; nil where the output has none.
    package let answer: @Sendable (Observation) -> String?

    /// Choices, of which one holds on every host.
    package init(_ text: String, _ choices: [String], answer index: Int) {
        self.init(text, choices) { _ in choices.indices.contains(index) ? choices[index] : nil }
    }

    /// Choices, of which the host decides one.
    package init(_ text: String, _ choices: [String], answer: @escaping @Sendable (Observation) -> String?) {
        self.text = text
        self.choices = choices
        self.answer = answer
    }

    /// A prediction in the learner's own words.
    package init(_ text: String, free answer: @escaping @Sendable (Observation) -> String?) {
        self.init(text, [], answer: answer)
    }
}

/// A statement about what just happened, and what decides whether it is true here.
package struct Claim: Sendable {
    package let text: String
    /// nil where it holds, else why it does not.
    package let verify: @Sendable (Observation) -> String?

    package init(_ text: String, _ verify: @escaping @Sendable (Observation) -> String?) {
        self.text = text
        self.verify = verify
    }
}
