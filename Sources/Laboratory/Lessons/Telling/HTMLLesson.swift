import Linux
import Reports

/// A lesson as it went on one host, as one HTML file: no network, no script.
package enum HTMLLesson {
    /// What the file says of the host.
    package struct Host: Sendable {
        package var kernel: String
        package var user: String
        package var version: String
        /// When it went so, for people.
        package var time: String

        package init(kernel: String, user: String, version: String, time: String) {
            self.kernel = kernel
            self.user = user
            self.version = version
            self.time = time
        }
    }

    /// Pure: the same results give the same bytes.
    package static func render(_ lesson: Lesson, _ results: [StepResult], host: Host) -> String {
        let document = element("html", ["lang": "en"]) {
            element("head") {
                element("meta", ["charset": "utf-8"])
                // Nothing may be fetched, and the browser is told to see to it.
                element(
                    "meta",
                    [
                        "http-equiv": "Content-Security-Policy",
                        "content": "default-src 'none'; style-src 'unsafe-inline'",
                    ])
                element("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
                element("meta", ["name": "color-scheme", "content": "light dark"])
                element("meta", ["name": "description", "content": Markup.plain(lesson.aim)])
                element("title") { "isolab: \(lesson.title)" }
                element("style") { Node.verbatim(LessonStyle.text) }
            }
            element("body") {
                element("a", ["class": "skip", "href": "#main"]) { "Skip to the lesson" }
                header(lesson, results, host)
                element("main", ["id": "main"]) {
                    for (index, result) in results.enumerated() { section(result, index + 1) }
                    rest(lesson, results.count)
                    exercise(lesson)
                    glossary(lesson, results)
                }
                element("footer") {
                    element("p") { "isolab \(host.version) · isolab learn \(lesson.name) · \(host.time)" }
                }
            }
        }
        return "<!DOCTYPE html>\n" + document.render() + "\n"
    }

    // MARK: - The frame

    private static func header(_ lesson: Lesson, _ results: [StepResult], _ host: Host) -> Node {
        element("header") {
            element("p", ["class": "overline"]) { "isolab · a lesson on the machine it ran on" }
            element("h1") { lesson.title }
            element("p", ["class": "aim"]) { inline(lesson.aim) }
            element("p", ["class": "host"]) {
                "Every output below is from Linux \(host.kernel), as \(host.user), on \(host.time). "
                let verdicts = results.flatMap(\.verdicts).map(\.verdict)
                "\(verdicts.count { $0 == .holds }) of \(verdicts.count) claims held there."
            }
            element("nav", ["aria-label": "Steps"]) {
                element("ol") {
                    for (index, result) in results.enumerated() {
                        element("li") { element("a", ["href": "#step-\(index + 1)"]) { result.step.title } }
                    }
                }
            }
        }
    }

    /// Steps that the learner did not come to.
    private static func rest(_ lesson: Lesson, _ done: Int) -> [Node] {
        let missing = lesson.steps.dropFirst(done)
        guard !missing.isEmpty else { return [] }
        return [
            element("p", ["class": "left-out"]) {
                "The lesson was left before: \(missing.map(\.title).joined(separator: "; "))."
            }
        ]
    }

    private static func exercise(_ lesson: Lesson) -> [Node] {
        guard let exercise = lesson.exercise else { return [] }
        return [
            element("section", ["aria-labelledby": "exercise"]) {
                element("h2", ["id": "exercise"]) { "On your own" }
                element("p") { inline(exercise.task) }
                element("ul") { for check in exercise.checks { element("li") { check.text } } }
                element("details") {
                    element("summary") { "Hints" }
                    element("ul") { for hint in exercise.hints { element("li") { inline(hint) } } }
                }
                element("p") {
                    "Whether it is done: "
                    element("code") { "isolab learn check \(lesson.name)" }
                }
            }
        ]
    }

    private static func glossary(_ lesson: Lesson, _ results: [StepResult]) -> [Node] {
        let texts =
            [lesson.aim]
            + results.flatMap { [$0.step.text, $0.step.meaning, $0.step.depth, $0.step.outside?.text ?? ""] }
        let used = Set(texts.flatMap(Markup.terms).map(Glossary.singular))
        let entries = Glossary.entries.filter { used.contains($0.term) }
        guard !entries.isEmpty else { return [] }
        return [
            element("section", ["aria-labelledby": "words"]) {
                element("h2", ["id": "words"]) { "Words" }
                element("dl") {
                    for entry in entries {
                        element("div", ["id": anchor(entry.term)]) {
                            element("dt") { entry.term }
                            element("dd") { entry.meaning }
                        }
                    }
                }
            }
        ]
    }

    // MARK: - A step

    private static func section(_ result: StepResult, _ number: Int) -> Node {
        let step = result.step
        return element("section", ["id": "step-\(number)", "aria-labelledby": "step-\(number)-title"]) {
            element("h2", ["id": "step-\(number)-title"]) {
                element("span", ["class": "number"]) { "\(number)" }
                " \(step.title)"
            }
            element("p") { inline(step.text) }
            command(step.command, "The command")
            question(result)
            if let observation = result.observation {
                output(observation.output, step.marks, "What it printed here")
                answer(result)
                element("p", ["class": "meaning"]) { inline(step.meaning) }
                if let outside = step.outside {
                    element("div", ["class": "outside"]) {
                        element("h3") { "From outside" }
                        element("p") { inline(outside.text) }
                        command(outside.command, "The command from outside")
                        output(observation.outside, outside.marks, "What the command from outside printed here")
                    }
                }
            } else {
                element("p", ["class": "left-out"]) { "Left out: \(result.leftOut ?? "")" }
                element("p", ["class": "meaning"]) { inline(step.meaning) }
            }
            element("ul", ["class": "claims", "aria-label": "Claims"]) {
                for (claim, verdict) in result.verdicts { line(claim, verdict) }
            }
            if !step.depth.isEmpty {
                element("details") {
                    element("summary") { "More" }
                    element("p") { inline(step.depth) }
                }
            }
        }
    }

    private static func question(_ result: StepResult) -> [Node] {
        guard let question = result.step.question else { return [] }
        return [
            element("div", ["class": "question"]) {
                element("p") {
                    element("b") { "Predict: " }
                    inline(question.text)
                }
                if !question.choices.isEmpty {
                    element("ol") { for choice in question.choices { element("li") { inline(choice) } } }
                }
            }
        ]
    }

    private static func answer(_ result: StepResult) -> [Node] {
        guard let answer = result.answer else { return [] }
        return [
            element("p", ["class": "answer"]) {
                if let prediction = result.prediction { "Predicted: \(prediction). " }
                "Here it is: "
                element("b") { answer }
                "."
            }
        ]
    }

    private static func line(_ claim: Claim, _ verdict: ClaimVerdict) -> Node {
        switch verdict {
        case .holds:
            element("li", ["class": "holds"]) {
                element("span", ["class": "sign"]) { "Holds: " }
                inline(claim.text)
            }
        case .fails(let reason):
            element("li", ["class": "fails"]) {
                element("span", ["class": "sign"]) { "Does not hold here: " }
                inline(claim.text)
                " \(reason)"
            }
        case .leftOut:
            element("li", ["class": "skipped"]) {
                element("span", ["class": "sign"]) { "Not tried: " }
                inline(claim.text)
            }
        }
    }

    // MARK: - Parts

    private static func command(_ command: String, _ label: String) -> Node {
        element("pre", ["class": "command", "tabindex": "0", "role": "region", "aria-label": label]) {
            element("code") { command }
        }
    }

    private static func output(_ output: String, _ marks: [String], _ label: String) -> Node {
        guard !output.isEmpty else { return element("p", ["class": "quiet"]) { "It prints nothing." } }
        let lines = output.fields(between: "\n").map(String.init)
        return element("pre", ["class": "output", "tabindex": "0", "role": "region", "aria-label": label]) {
            element("samp") {
                for (index, line) in lines.enumerated() {
                    if marks.contains(where: { line.contains($0) }) { element("mark") { line } } else { line }
                    if index + 1 < lines.count { "\n" }
                }
            }
        }
    }

    private static func inline(_ text: String) -> [Node] {
        Markup.pieces(of: text).map { piece in
            switch piece {
            case .plain(let words): .text(words)
            case .code(let words): element("code") { words }
            case .term(let words):
                element("a", ["class": "term", "href": "#\(anchor(Glossary.singular(words)))"]) { words }
            }
        }
    }

    private static func anchor(_ term: String) -> String {
        "word-" + String(term.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
    }
}
