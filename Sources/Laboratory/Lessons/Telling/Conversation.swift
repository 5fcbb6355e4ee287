import Glibc
import Linux

/// A lesson with a learner: page for page, with predictions, forward and back.
package struct Conversation {
    private let run: LessonRun
    private let page: TerminalLesson
    private var keys: LearnerKeys
    private let write: ([String]) -> Void

    /// - Parameters:
    ///   - stops: whether the learner is waited for.
    ///   - write: puts lines where the learner reads them.
    package init(
        _ run: LessonRun, page: TerminalLesson, stops: Bool, interrupts: Interrupts?,
        write: @escaping ([String]) -> Void
    ) {
        self.run = run
        self.page = page
        self.write = write
        keys = LearnerKeys(stops: stops, interrupts: interrupts)
    }

    /// To the end of the lesson.
    ///
    /// - Throws: `Stopped` where the learner leaves.
    package mutating func hold() throws {
        write(page.beginning(run.lesson))
        let count = run.lesson.steps.count
        var index = 0
        while index < count {
            let step = run.lesson.steps[index]
            write(page.opening(step, number: index + 1, of: count))
            if index >= run.results.count {
                let prediction: String?
                switch try predict(step) {
                case .back:
                    index = max(0, index - 1)
                    continue
                case .on(let words): prediction = words
                }
                try run.runNext(prediction: prediction)
            }
            write(page.outcome(run.results[index]))
            index = try after(step) ? index + 1 : max(0, index - 1)
        }
    }

    private enum Move {
        case back
        case on(String?)
    }

    /// Asks for the prediction, or lets the learner read before the command runs.
    private mutating func predict(_ step: Step) throws -> Move {
        while true {
            let prompt =
                step.question == nil
                ? "Enter: run it   b: back   q: quit" : "Your prediction (Enter: none, b: back, q: quit)"
            guard let words = try keys.ask(prompt) else { return .on(nil) }
            switch words {
            case "": return .on(nil)
            case "b": return .back
            case "q": throw Stopped(status: 0)
            default:
                guard let question = step.question else { continue }
                if question.choices.isEmpty { return .on(words) }
                if let number = Int(words), question.choices.indices.contains(number - 1) {
                    return .on(question.choices[number - 1])
                }
                write(["Type a number from 1 to \(question.choices.count)."])
            }
        }
    }

    /// - Returns: whether the lesson continues with the next step, not the one before.
    private mutating func after(_ step: Step) throws -> Bool {
        while true {
            guard let words = try keys.ask("Enter: next   b: back   e: explain   q: quit") else { return true }
            switch words {
            case "": return true
            case "b": return false
            case "e": write(page.depth(step))
            case "q": throw Stopped(status: 0)
            default: continue
            }
        }
    }
}

/// What a learner types, a line at a time.
struct LearnerKeys {
    /// Whether the learner is still waited for.
    private var stops: Bool
    private let interrupts: Interrupts?
    private let isTerminal = isatty(STDIN_FILENO) == 1
    private var pending: [UInt8] = []

    init(stops: Bool, interrupts: Interrupts?) {
        self.stops = stops
        self.interrupts = interrupts
    }

    /// The next line, without blanks around it; nil where nobody is asked.
    ///
    /// - Throws: `Stopped` for a signal, and at the end of a terminal. At the end of a file, the rest needs no answers.
    mutating func ask(_ prompt: String) throws -> String? {
        guard stops else { return nil }
        print(prompt, terminator: isTerminal ? " > " : "\n")
        fflush(nil)
        while true {
            if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: pending[..<end], as: UTF8.self)
                pending.removeSubrange(...end)
                if isTerminal { print() }
                return String(line.drop { $0 == " " }.reversed().drop { $0 == " " || $0 == "\r" }.reversed())
            }
            guard try fill() else {
                if isTerminal { throw Stopped(status: 0) }
                stops = false
                return nil
            }
        }
    }

    /// - Returns: false at the end of what is typed.
    private mutating func fill() throws -> Bool {
        var waited = [
            pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
            pollfd(fd: interrupts?.descriptor ?? -1, events: Int16(POLLIN), revents: 0),
        ]
        if poll(&waited, nfds_t(waited.count), -1) < 0 {
            guard errno == EINTR else { throw SystemError("poll", "standard input") }
            return true
        }
        if waited[1].revents != 0 { try interrupts?.look() }
        guard waited[0].revents != 0 else { return true }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(STDIN_FILENO, &buffer, buffer.count)
        guard count > 0 else { return count < 0 && errno == EINTR }
        pending += buffer.prefix(count)
        return true
    }
}
