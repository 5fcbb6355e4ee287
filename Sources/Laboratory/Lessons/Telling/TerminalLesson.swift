import Linux
import Reports

/// A lesson's pages in a terminal: lines of at most the width, with marks that need no colour.
package struct TerminalLesson {
    private let text: TerminalText
    private let explains: Bool

    /// - Parameter explains: whether the depth of each step is said, too.
    package init(width: Int, colour: Bool, explains: Bool) {
        text = TerminalText(width: max(width, 24), colour: colour)
        self.explains = explains
    }

    // MARK: - The course

    package func list(_ lessons: [Lesson]) -> [String] {
        let longest = lessons.map(\.name.count).max() ?? 0
        return lessons.flatMap { lesson in
            [text.styled(TerminalText.pad(lesson.name, longest), .bold) + "  " + lesson.title]
                + indented(lesson.aim, by: longest + 2)
        } + [""] + indented("Begin with: isolab learn \(lessons.first?.name ?? "")", by: 0)
    }

    package func beginning(_ lesson: Lesson) -> [String] {
        [text.styled(lesson.title, .bold)] + prose(lesson.aim) + [""]
            + prose(
                "The commands run on this machine, in a store of their own that is removed at the end. "
                    + "To type them yourself, make the image first: `isolab image bootstrap busybox`.") + [""]
    }

    // MARK: - A step

    /// What is said before the command runs.
    package func opening(_ step: Step, number: Int, of count: Int) -> [String] {
        let place = "\(number)/\(count)"
        let title = text.wrap("\(place)  \(step.title)", indent: 5)
        let rule = String(repeating: "─", count: min(text.width, TerminalText.columns("\(place)  \(step.title)")))
        var lines = title.map { text.styled($0, .bold, .cyan) } + [text.styled(rule, .faint)] + prose(step.text)
        if explains && !step.depth.isEmpty { lines += [""] + prose(step.depth) }
        lines += [""] + command(step.command)
        if let question = step.question {
            lines += [""] + prose("Predict: \(question.text)")
            for (index, choice) in question.choices.enumerated() {
                lines += indented("\(index + 1)  \(choice)", by: 5, first: 2)
            }
        }
        return lines
    }

    /// What happened.
    package func outcome(_ result: StepResult) -> [String] {
        let step = result.step
        guard let observation = result.observation else {
            return [""] + prose("Left out: \(result.leftOut ?? "")") + [""]
                + prose("What it would show: \(step.meaning)") + [""]
        }
        var lines = ["", text.styled("Here, in \(Self.time(result.seconds)):", .bold)]
        lines += output(observation.output, step.marks)
        if let answer = result.answer {
            let words =
                switch result.prediction {
                case let prediction? where Self.agree(prediction, answer): "You predicted it: \(answer)."
                case let prediction?: "You predicted: \(prediction). Here it is: \(answer)."
                case nil: "The answer here: \(answer)."
                }
            lines += [""] + prose(words)
        }
        lines += [""] + prose(step.meaning)
        if let outside = step.outside {
            lines += ["", text.styled("From outside:", .bold)] + prose(outside.text) + command(outside.command)
            lines += output(observation.outside, outside.marks)
        }
        return lines + [""] + verdicts(result) + [""]
    }

    private func verdicts(_ result: StepResult) -> [String] {
        result.verdicts.flatMap { claim, verdict in
            switch verdict {
            case .holds: mark("✓", .green, Markup.plain(claim.text))
            case .fails(let reason): mark("✗", .red, "\(Markup.plain(claim.text)) It does not hold here: \(reason)")
            case .leftOut(let reason): mark("–", .yellow, "\(Markup.plain(claim.text)) Not tried: \(reason)")
            }
        }
    }

    private static func agree(_ prediction: String, _ answer: String) -> Bool {
        prediction.lowercased() == answer.lowercased()
    }

    /// `--explain`, or the key for it.
    package func depth(_ step: Step) -> [String] {
        prose(step.depth.isEmpty ? "There is no more to say about this step." : step.depth) + [""]
    }

    /// After the last step.
    package func ending(_ lesson: Lesson, _ exercise: Exercise) -> [String] {
        [text.styled("On your own", .bold)] + prose(exercise.task) + prose("Then: `isolab learn check \(lesson.name)`")
    }

    // MARK: - Verification and exercises

    package func verification(_ verification: Verification) -> [String] {
        var lines: [String] = []
        var lesson = ""
        for row in verification.rows {
            if row.lesson != lesson {
                lesson = row.lesson
                lines.append(text.styled(lesson, .bold))
            }
            switch row.verdict {
            case .holds: lines += mark("✓", .green, "\(row.step): \(row.claim)")
            case .fails(let reason):
                lines += mark("✗", .red, "\(row.step): \(row.claim) It does not hold here: \(reason)")
            case .leftOut(let reason): lines += mark("–", .yellow, "\(row.step): \(row.claim) Left out: \(reason)")
            }
        }
        return lines + prose(verification.summary + ".")
    }

    package func exercise(_ check: ExerciseCheck) -> [String] {
        var lines = [text.styled(check.lesson.name, .bold)] + prose(check.exercise.task)
        for row in check.rows {
            lines += row.missing.map { mark("✗", .red, "\(row.text): \($0)") } ?? mark("✓", .green, row.text)
        }
        if check.isDone { return lines + prose("Done.") }
        for hint in check.exercise.hints { lines += prose("Hint: \(hint)") }
        return lines
    }

    // MARK: - Parts

    private static func time(_ seconds: Double) -> String {
        seconds < 1 ? "\(Int(seconds * 1000)) ms" : "\(Double(Int(seconds * 10)) / 10) s"
    }

    private func mark(_ mark: String, _ style: TerminalText.Style, _ words: String) -> [String] {
        var lines = text.wrap("\(mark) \(words)", indent: 2)
        if let first = lines.first, first.hasPrefix(mark) {
            lines[0] = text.styled(mark, style) + first.dropFirst(mark.count)
        }
        return lines
    }

    private func indented(_ words: String, by indent: Int, first: Int? = nil) -> [String] {
        text.wrap(Markup.plain(words), indent: indent, first: first ?? indent)
    }

    private func prose(_ words: String) -> [String] { text.wrap(Markup.plain(words)) }

    private func command(_ command: String) -> [String] {
        Observation.lines(of: command).map { line in
            line.hasPrefix(" ")
                ? "    \(line.drop { $0 == " " })" : text.styled("$ ", .faint) + text.styled(line, .bold)
        }
    }

    /// A line that matters has a mark in front; one that is too long is continued, never cut.
    private func output(_ output: String, _ marks: [String]) -> [String] {
        guard !output.isEmpty else { return [text.styled("  (it prints nothing)", .faint)] }
        return output.displayable(keepingLines: true).fields(between: "\n").map(String.init).flatMap { line in
            let matters = marks.contains { line.contains($0) }
            return Self.pieces(line, text.width - 2).enumerated().map { index, piece in
                let front = matters && index == 0 ? "▸ " : "  "
                return matters ? text.styled(front, .yellow) + text.styled(piece, .bold) : front + piece
            }
        }
    }

    private static func pieces(_ line: String, _ width: Int) -> [String] {
        var pieces: [String] = []
        var piece = ""
        var used = 0
        for character in withoutTabs(line) {
            let columns = TerminalText.columns(String(character))
            if used + columns > width {
                pieces.append(piece)
                (piece, used) = ("", 0)
            }
            piece.append(character)
            used += columns
        }
        return pieces + [piece]
    }

    /// Tabs as the blanks that a terminal makes of them.
    private static func withoutTabs(_ line: String) -> String {
        var result = ""
        for character in line {
            if character == "\t" {
                result += String(repeating: " ", count: 8 - result.count % 8)
            } else {
                result.append(character)
            }
        }
        return result
    }
}
