import Foundation
import FoundationXML
import RunRecord
import Testing

@testable import Reports

/// Checks that a text is well-formed XML and remembers the elements it met.
final class Elements: NSObject, XMLParserDelegate {
    struct Met {
        var name: String
        var attributes: [String: String]
        /// Names of the elements around it, outermost first.
        var around: [String]
    }

    private(set) var met: [Met] = []
    private var open: [String] = []

    static func parse(_ text: String) throws -> [Met] {
        let parser = XMLParser(data: Data(text.utf8))
        let elements = Elements()
        parser.delegate = elements
        guard parser.parse() else {
            throw Malformed(line: parser.lineNumber, reason: "\(parser.parserError.map { "\($0)" } ?? "")")
        }
        return elements.met
    }

    struct Malformed: Error {
        var line: Int
        var reason: String
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        met.append(Met(name: name, attributes: attributes, around: open))
        open.append(name)
    }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        open.removeLast()
    }
}

@Suite struct HTMLReportTests {
    static let run = ExampleRun.run(blocks: 20)
    static let summary = Summarizer.summarize(run)
    static let html = HTMLReport.render(run: run, summary: summary)

    /// The whole report, every SVG in it included, is well-formed: nothing is left open or unescaped.
    @Test func reportIsWellFormed() throws {
        let elements = try Elements.parse(Self.html)
        #expect(elements.count { $0.name == "svg" } > 20)
    }

    /// One file, no network: no address of any kind is fetched or linked but places on the page itself.
    @Test func nothingIsFetched() throws {
        for element in try Elements.parse(Self.html) {
            #expect(element.attributes["src"] == nil)
            if let target = element.attributes["href"] { #expect(target.hasPrefix("#")) }
            #expect(!["link", "img", "iframe", "object", "embed", "image", "base"].contains(element.name))
        }
        for word in ["http://", "https://", "@import", "fetch(", "XMLHttpRequest"] {
            #expect(!Self.html.contains(word))
        }
    }

    /// Every chart is named and described for those who do not see it, and its figures stand in a table in the same figure.
    @Test func everyChartHasItsTable() throws {
        let elements = try Elements.parse(Self.html)
        let identifiers = elements.compactMap { $0.attributes["id"] }
        #expect(Set(identifiers).count == identifiers.count)
        let known = Set(identifiers)
        for chart in elements where chart.name == "svg" && chart.attributes["role"] == "img" {
            #expect(chart.around.contains("figure"))
            #expect(known.contains(chart.attributes["aria-labelledby"] ?? ""))
            #expect(known.contains(chart.attributes["aria-describedby"] ?? ""))
        }
        let figures = Self.html.components(separatedBy: "<figure").dropFirst()
        #expect(figures.count > 10)
        for figure in figures {
            let inside = figure.components(separatedBy: "</figure>")[0]
            #expect(inside.contains("<table>"))
            #expect(inside.contains("<figcaption>"))
        }
    }

    /// Headings descend one level at a time, there is one first heading, and tables have captions and scoped headers.
    @Test func structureServesScreenReaders() throws {
        let elements = try Elements.parse(Self.html)
        let levels = elements.compactMap { element -> Int? in
            guard element.name.count == 2, element.name.hasPrefix("h") else { return nil }
            return Int(element.name.dropFirst())
        }
        #expect(levels.count { $0 == 1 } == 1)
        for (before, after) in zip(levels, levels.dropFirst()) { #expect(after <= before + 1) }
        for element in elements where element.name == "th" { #expect(element.attributes["scope"] != nil) }
        #expect(elements.count { $0.name == "table" } == elements.count { $0.name == "caption" })
        for landmark in ["main", "nav", "header", "footer"] { #expect(elements.contains { $0.name == landmark }) }
        #expect(elements.first { $0.name == "a" }?.attributes["href"] == "#main")
        for link in elements where link.name == "a" {
            let target = String((link.attributes["href"] ?? "").dropFirst())
            #expect(elements.contains { $0.attributes["id"] == target })
        }
    }

    /// What a lane or a reason is called cannot become markup.
    @Test func hostileTextStaysText() throws {
        let hostile = "<script>alert(1)</script>\"'&\u{1}"
        var shapes = ExampleRun.usual
        shapes[1].record.id = hostile
        shapes[1].record.title = hostile
        shapes[6].record.reason = hostile
        shapes[6].record.remedy = hostile
        shapes[8].record.label = hostile
        shapes[8].record.configuration = [hostile: hostile]
        var run = ExampleRun.run(shapes: shapes, blocks: 6)
        run.manifest.command = hostile
        run.manifest.warnings = [hostile]
        run.samples[3].admitted = false
        run.samples[3].reason = hostile
        let html = HTMLReport.render(run: run, summary: Summarizer.summarize(run))
        let elements = try Elements.parse(html)
        #expect(elements.count { $0.name == "script" } == 1)
        #expect(!html.contains("<script>alert"))
        #expect(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
    }

    /// The tables print the summary's own figures.
    @Test func figuresAreTheSummarys() throws {
        let cells = Self.summary.cells.filter { $0.metric == Metric.startup && $0.workload == "exit (cold)" }
        #expect(cells.count > 8)
        for cell in cells {
            let lane = try #require(Self.run.manifest.lanes.first { $0.id == cell.lane })
            let section = lane.kind == .microGuest ? "micro-guests" : "startup"
            let part = try #require(Self.html.components(separatedBy: "<section id=\"\(section)\"").dropFirst().first)
            if let estimate = cell.estimate {
                #expect(part.contains(">\(Quantity.text(estimate.median, cell.unit))<"))
                #expect(part.contains(">\(Quantity.text(estimate.p95, cell.unit))<"))
            } else {
                #expect(part.contains(cell.withheld))
            }
        }
    }

    /// A lane that could not run is told on the first screen and in the table, with its reason and its remedy.
    @Test func missingLanesSayWhy() throws {
        let parts = Self.html.components(separatedBy: "<section id=")
        #expect(parts[0].contains("runsc is not installed"))
        #expect(parts[0].contains("apt-get install runsc"))
        let startup = try #require(parts.first { $0.hasPrefix("\"startup\"") })
        #expect(startup.contains("not measured: runsc is not installed"))
    }

    /// Emulated figures never stand without their label: every chart and table that names the lane names the label.
    @Test func emulationIsLabelled() {
        let startup = Self.html.components(separatedBy: "<svg class=\"chart").dropFirst()
        for chart in startup {
            let drawing = chart.components(separatedBy: "</svg>")[0]
            guard drawing.contains(">vm<") || drawing.contains(">vm (") || drawing.contains(">vm-q35") else { continue }
            #expect(drawing.contains("TCG"))
        }
        for table in Self.html.components(separatedBy: "<table>").dropFirst() {
            let inside = table.components(separatedBy: "</table>")[0]
            guard inside.contains(">vm<") || inside.contains("lane vm ") else { continue }
            #expect(inside.contains("TCG, software emulation"))
        }
        #expect(Answer(Reading(run: Self.run, summary: Self.summary)).headline.contains("TCG, software emulation"))
    }

    /// Micro-guests run another workload: they appear in no chart with the other lanes.
    @Test func microGuestsStandApart() throws {
        let sections = Self.html.components(separatedBy: "<section id=\"").dropFirst()
        for name in ["startup", "memory", "phases", "cpu", "system-calls"] {
            let section = try #require(sections.first { $0.hasPrefix(name + "\"") })
            #expect(!section.contains("vm-micro"))
        }
        let own = try #require(sections.first { $0.hasPrefix("micro-guests\"") })
        #expect(own.contains("vm-micro"))
        #expect(!own.contains(">container<"))
    }

    /// A hundred thousand samples fit in five megabytes, and the caption says how many points are drawn.
    @Test func aLargeRunStaysSmall() {
        let run = ExampleRun.run(blocks: 7_700, only: true)
        #expect(run.samples.count >= 100_000)
        let html = HTMLReport.render(run: run, summary: Summarizer.summarize(run))
        #expect(html.utf8.count < 5_000_000)
        #expect(html.contains("points drawn, every kth in order of measuring"))
    }

    /// A run of which nothing was admitted, or nothing measured, still makes a report that says so.
    @Test(arguments: [0, 3]) func anEmptyRunMakesAReport(blocks: Int) throws {
        var run = ExampleRun.run(blocks: blocks)
        for index in run.samples.indices {
            run.samples[index].admitted = false
            run.samples[index].reason = "killed"
            run.samples[index].measurements = []
        }
        if blocks == 0 { run.samples = [] }
        let html = HTMLReport.render(run: run, summary: Summary(cells: [], comparisons: []))
        #expect(try !Elements.parse(html).isEmpty)
        #expect(html.contains("This run holds no start-up figure."))
        #expect(
            TerminalReport.render(run: run, summary: Summary(cells: [], comparisons: [])).contains("no start-up figure")
        )
    }

    /// What stands against trusting the run is told on the first screen.
    @Test func doubtsComeFirst() {
        var run = Self.run
        run.manifest.buildMode = "debug"
        // What the manifest says of it is said once.
        run.manifest.warnings.append(
            "isolab was built for debug: its own part of every figure is slower than it should be")
        run.manifest.interrupted = true
        let first = HTMLReport.render(run: run, summary: Self.summary).components(separatedBy: "<section id=")[0]
        #expect(first.contains("built as debug") && !first.contains("built for debug"))
        #expect(first.contains("interrupted"))
        #expect(first.contains("cannot enter protected mode"))
    }

    /// Rendering is pure: the same run gives the same bytes.
    @Test func renderingIsDeterministic() {
        #expect(HTMLReport.render(run: Self.run, summary: Self.summary) == Self.html)
    }
}
