import Foundation
import FoundationXML
import Testing

@testable import Lessons

/// The form of the lessons, and what tells that one does not keep to it.
@Suite struct LessonFormTests {
    @Test(arguments: Course.lessons.map(\.name))
    func everyLesson(name: String) throws {
        let lesson = try #require(Course.lesson(name))
        #expect(LessonForm.problems(of: lesson).isEmpty)
        #expect(lesson.steps.allSatisfy { $0.question == nil || !$0.claims.isEmpty })
        #expect(Course.lessons.count { $0.name == name } == 1)
        #expect(lesson.steps.contains { !Markup.terms(in: $0.text).isEmpty }, "no word of the glossary")
    }

    /// No claim holds of nothing: a verifier that never fails would be for show.
    @Test(arguments: Course.lessons.map(\.name))
    func claimsCanFail(name: String) throws {
        for step in try #require(Course.lesson(name)).steps {
            for claim in step.claims {
                #expect(claim.verify(Observation(output: "", status: 127)) != nil, "\(step.id): \(claim.text)")
            }
        }
    }

    @Test func glossary() {
        let terms = Glossary.entries.map(\.term)
        #expect(terms == terms.sorted { $0.lowercased() < $1.lowercased() })
        #expect(Set(terms).count == terms.count)
        #expect(Glossary.entries.allSatisfy { $0.meaning.hasSuffix(".") && $0.meaning.count <= 160 })
        #expect(Glossary.meaning(of: "capabilities") == Glossary.meaning(of: "capability"))
        #expect(Glossary.meaning(of: "nonsense") == nil)
    }

    @Test func faultsOfForm() {
        let step = Step(
            id: "a", title: "A", text: "One *nonsense*. Two", command: String(repeating: "x", count: 90), question: nil,
            meaning: "One. Two. Three.", claims: [])
        let problems = LessonForm.problems(of: Lesson(name: "Bad", title: "Bad", aim: "", steps: [step, step]))
        for words in [
            "name must be", "has 2 steps", "one identifier", "aim is empty", "'nonsense', which is not in the glossary",
            "does not end as a sentence", "more than 76 characters", "3 sentences, not 2", "claims nothing",
        ] { #expect(problems.contains { $0.contains(words) }, "\(words): \(problems)") }
    }

    @Test func markup() {
        #expect(
            Markup.pieces(of: "A `b*c` and *d*.") == [
                .plain("A "), .code("b*c"), .plain(" and "), .term("d"), .plain("."),
            ])
        #expect(Markup.pieces(of: "a * b") == [.plain("a * b")])
        #expect(Markup.plain("*a* `b`") == "a `b`")
    }

    @Test func words() {
        let observation = Observation(output: "Name:\tsleep\nlimit 10\nNSpid:\t7\t1\n", outside: "host 3")
        #expect(observation.value("Name") == "sleep")
        #expect(observation.words(after: "NSpid") == ["7", "1"])
        #expect(observation.value("limits") == nil)
        #expect(observation.outsideValue("host") == "3")
        #expect(observation.check(false, "no") == "no; printed: Name:\tsleep / limit 10 / NSpid:\t7\t1")
    }
}

/// What a lesson looks like, in a terminal and as a page.
@Suite struct LessonPageTests {
    private let step = Step(
        id: "one", title: "A first step", text: "A *container* says <hello> & more.", command: "isolab a\n  b",
        question: Question("How many?", ["one", "two"], answer: 1), marks: ["mine"], meaning: "It *mounts* it.",
        outside: Look("Elsewhere.", command: "ls"), depth: "Depth.", claims: [Claim("It holds.") { _ in nil }])

    private func result(_ output: String, _ verdict: ClaimVerdict = .holds) -> StepResult {
        StepResult(
            step: step, observation: Observation(output: output, outside: "outside <b>"), leftOut: nil,
            verdicts: [(step.claims[0], verdict)], seconds: 0, prediction: "one")
    }

    private let host = HTMLLesson.Host(kernel: "6", user: "root", version: "1", time: "today")

    @Test(arguments: [24, 60, 80])
    func fits(width: Int) {
        let page = TerminalLesson(width: width, colour: false, explains: true)
        let shown = result(
            "this is mine, and it is a line that is longer than any terminal of sixty or eighty columns is wide\n\tx")
        for lesson in Course.lessons {
            for step in lesson.steps {
                let lines = page.opening(step, number: 10, of: 10).filter {
                    !$0.hasPrefix("$ ") && !$0.hasPrefix("    ")
                }
                #expect(lines.allSatisfy { $0.count <= width }, "\(lesson.name) \(step.id)")
            }
        }
        #expect(page.outcome(shown).allSatisfy { $0.count <= width || $0.hasPrefix("$ ") })
        #expect(page.list(Course.lessons).allSatisfy { $0.count <= width || width < 60 })
    }

    /// Marks, predictions and verdicts say without colour what they say.
    @Test func withoutColour() {
        let page = TerminalLesson(width: 80, colour: false, explains: false)
        let lines = page.outcome(result("other\nthis is mine\u{1B}[31m"))
        #expect(lines.contains("▸ this is mine\u{FFFD}[31m"))
        #expect(lines.contains("  other"))
        #expect(lines.contains("You predicted: one. Here it is: two."))
        #expect(lines.contains("✓ It holds."))
        let failed = page.outcome(result("x", .fails("because"))).joined(separator: "\n")
        #expect(failed.contains("✗ It holds. It does not hold here: because"))
        let left = StepResult(
            step: step, observation: nil, leftOut: "no luck", verdicts: [(step.claims[0], .leftOut("no luck"))],
            seconds: 0,
            prediction: nil)
        #expect(page.outcome(left).contains("Left out: no luck"))
    }

    /// It is well-formed, and holds what was printed, escaped; each term leads to its meaning.
    @Test func html() throws {
        let lesson = Lesson(name: "one", title: "One & all", aim: "An aim.", steps: [step, step])
        let text = HTMLLesson.render(lesson, [result("<script>mine</script>")], host: host)
        let elements = try PageElements(text)
        #expect(elements.names.contains("mark") && !elements.names.contains("script"))
        #expect(elements.text.contains("<script>mine</script>") && elements.text.contains("outside <b>"))
        #expect(elements.text.contains("The lesson was left before"))
        #expect(elements.links.allSatisfy { elements.identifiers.contains($0) }, "\(elements.links)")
        #expect(elements.links.contains("word-container") && elements.links.contains("word-mount"))
        #expect(!text.contains("http://") && !text.contains("https://") && !text.contains("src="))
    }
}

/// What an XML parser finds in a page.
private final class PageElements: NSObject, XMLParserDelegate {
    private(set) var names: Set<String> = []
    private(set) var identifiers: Set<String> = []
    /// Targets of links within the page.
    private(set) var links: [String] = []
    private(set) var text = ""

    init(_ page: String) throws {
        super.init()
        let parser = XMLParser(data: Data(page.utf8))
        parser.delegate = self
        guard parser.parse() else { throw parser.parserError ?? CocoaError(.fileReadCorruptFile) }
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String] = [:]
    ) {
        names.insert(name)
        if let identifier = attributes["id"] { identifiers.insert(identifier) }
        if let target = attributes["href"], target.hasPrefix("#") { links.append(String(target.dropFirst())) }
    }

    func parser(_ parser: XMLParser, foundCharacters characters: String) { text += characters }
}
