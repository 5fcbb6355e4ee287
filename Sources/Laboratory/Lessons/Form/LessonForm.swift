import Linux

/// The form that every lesson keeps to, so that a learner finds the same things in each at the same place.
package enum LessonForm {
    /// What is wrong with it; empty where nothing is.
    package static func problems(of lesson: Lesson) -> [String] {
        var problems: [String] = []
        if !lesson.name.utf8.allSatisfy({ (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) })
            || lesson.name == "check"
        {
            problems.append("its name must be a word of small letters, and not check")
        }
        if !(3...10).contains(lesson.steps.count) { problems.append("it has \(lesson.steps.count) steps, not 3 to 10") }
        if Set(lesson.steps.map(\.id)).count != lesson.steps.count { problems.append("two steps have one identifier") }
        problems += text(lesson.aim, "aim", longest: 160, sentences: 1)
        for step in lesson.steps { problems += self.problems(of: step).map { "step \(step.id): \($0)" } }
        if let exercise = lesson.exercise {
            if exercise.checks.isEmpty { problems.append("its exercise has no check") }
            if exercise.hints.isEmpty { problems.append("its exercise has no hint") }
        }
        return problems.map { "\(lesson.name): \($0)" }
    }

    private static func problems(of step: Step) -> [String] {
        var problems: [String] = []
        if step.title.count > 56 { problems.append("its title is longer than 56 characters") }
        problems += text(step.text, "text", longest: 420, sentences: 5)
        problems += text(step.meaning, "meaning", longest: 300, sentences: 2)
        problems += text(step.depth, "depth", longest: 700, sentences: 8, mayBeEmpty: true)
        if let outside = step.outside {
            problems += text(outside.text, "look from outside", longest: 240, sentences: 2)
            problems += command(outside.command)
        }
        problems += command(step.command)
        if step.claims.isEmpty { problems.append("it claims nothing that could be verified") }
        for claim in step.claims { problems += text(claim.text, "claim", longest: 140, sentences: 1) }
        if let question = step.question {
            if !question.text.ends("?") { problems.append("its question does not end with a question mark") }
            if question.choices.count == 1 || question.choices.count > 4 {
                problems.append("it has neither 2 to 4 choices nor none")
            }
        }
        return problems
    }

    /// A line of a command is typed by hand: it fits a terminal.
    private static func command(_ command: String) -> [String] {
        Observation.lines(of: command).filter { $0.count > 76 }.map {
            "a line of its command has more than 76 characters: \($0)"
        }
    }

    private static func text(
        _ text: String, _ name: String, longest: Int, sentences: Int, mayBeEmpty: Bool = false
    ) -> [String] {
        if text.isEmpty { return mayBeEmpty ? [] : ["its \(name) is empty"] }
        var problems: [String] = []
        if text.count > longest { problems.append("its \(name) has \(text.count) characters, not \(longest) at most") }
        let ends = Markup.plain(text).split(separator: " ").count {
            $0.hasSuffix(".") || $0.hasSuffix("?") || $0.hasSuffix(".)")
        }
        if ends > sentences { problems.append("its \(name) has \(ends) sentences, not \(sentences) at most") }
        if !(text.ends(".") || text.ends("?") || text.ends(".)")) {
            problems.append("its \(name) does not end as a sentence does")
        }
        for term in Markup.terms(in: text) where Glossary.meaning(of: term) == nil {
            problems.append("its \(name) uses the term '\(term)', which is not in the glossary")
        }
        return problems
    }
}
