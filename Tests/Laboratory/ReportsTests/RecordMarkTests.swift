import FoundationEssentials
import RunRecord
import Testing

@testable import Reports

/// What a report says of the record it is made of: whether anything protects it, and how it is made again.
@Suite struct RecordMarkTests {
    /// A record that nothing protects, or that was cut off, is marked on the first screen of every form, above all else.
    @Test func aRecordWithoutDigestsIsMarked() {
        func forms(_ run: Run) -> [String] {
            let summary = Summarizer.summarize(run)
            let page = HTMLReport.render(run: run, summary: summary)
            let markdown = MarkdownReport.render(run: run, summary: summary)
            return [
                page.components(separatedBy: "<section id=")[0], markdown.components(separatedBy: "\n## ")[0],
                TerminalReport.render(run: run, summary: summary),
            ].map { $0.replacing(/\s+/, with: " ") }
        }
        let whole = ExampleRun.run(blocks: 8)
        var (old, cut) = (whole, whole)
        old.manifest.format = 1
        // Warnings beyond the third are folded: this one is not.
        old.manifest.buildMode = "debug"
        old.manifest.margins = nil
        cut.manifest.finished = nil
        let words = "The record is of format 1, without digests: nothing tells whether it was changed since."
        let cutOff = "The run was cut off while measuring"
        for form in forms(old) { #expect(form.contains(words)) }
        for form in forms(cut) { #expect(form.contains(cutOff)) }
        for form in forms(whole) { #expect(!form.contains("without digests") && !form.contains(cutOff)) }
        #expect(Answer(Reading(run: old, summary: Summarizer.summarize(old))).warnings.first == words)
    }

    /// The commands to do it again are words that a shell reads back: a run's name is one word, whatever is in it.
    @Test(arguments: [
        ("2026-11-23T2310-quick", "2026-11-23T2310-quick"), ("a|b", "'a|b'"), ("it's $HOME", #"'it'\''s $HOME'"#),
        ("-o", "./-o"), ("", "''"),
    ])
    func commandsAreQuoted(name: String, word: String) {
        var run = ExampleRun.run(blocks: 3, only: true)
        run.manifest.run = name
        let blocks = ReproduceSection().blocks(Reading(run: run, summary: Summarizer.summarize(run)))
        let commands = blocks.compactMap { block -> String? in
            if case .code(let text) = block { text } else { nil }
        }
        #expect(commands.last == "isolab report \(word)")
    }
}
