/// What the script in a guest said on its console, section by section, and what the tests that ran there came to.
///
/// A section begins with `== section NAME`, goes on with whatever its command said, and ends with `== status N`; the script's
/// last words are `== end`.
struct ConsoleReport: Sendable {
    struct Section: Sendable {
        var output = ""
        /// `nil` where the guest did not get to its end.
        var status: Int?

        /// The output's lines, those with nothing on them left out.
        var lines: [String] { output.split(separator: "\n").map(String.init) }
    }

    private(set) var sections: [String: Section] = [:]
    private(set) var finished = false
    /// Everything, for whoever has to find out what went wrong.
    private let lines: [String]

    init(console: String) {
        lines = console.split(whereSeparator: \.isNewline).map(String.init)
        var name: String?
        for line in lines {
            let words = line.split(separator: " ", maxSplits: 2).map(String.init)
            if words.first == "==", words.count == 3, words[1] == "section" {
                name = words[2]
                sections[words[2]] = Section()
            } else if words.first == "==", words.count == 3, words[1] == "status", let status = Int(words[2]) {
                if let name { sections[name]?.status = status }
                name = nil
            } else if line == "== end" {
                finished = true
            } else if let name {
                sections[name]?.output += line + "\n"
            }
        }
    }

    /// One section; an empty one without a status where the guest never came to it.
    subscript(name: String) -> Section { sections[name] ?? Section() }

    /// The end of the console, for whoever reads of a failure.
    var tail: String { "the console's end:\n\(lines.suffix(60).joined(separator: "\n"))" }

    /// The shell's half: what a script begins with.
    static let script = """
        section() {
            printf '\\n== section %s\\n' "$1"; shift
            "$@" 2>&1
            printf '\\n== status %s\\n' $?
        }

        """

    /// Whether a line tells how far the guest has come.
    static func tells(_ line: some StringProtocol) -> Bool {
        line.hasPrefix("== ") || TestLine(line) != nil
    }

    /// What became of each test of this bundle that ran there.
    var tests: [TestLine] { lines.compactMap { TestLine($0) } }
    var passed: Set<String> { Set(tests.filter(\.passed).map(\.name)) }
    var failed: [String] { tests.filter { !$0.passed }.map(\.text) }
}

/// What swift-testing prints: `✔ Test name() passed after …`, `✘ Test name() recorded an issue at …`.
struct TestLine {
    let name: String
    let passed: Bool
    let text: String

    init?(_ line: some StringProtocol) {
        let words = line.split(separator: " ")
        guard words.count > 3, words[1] == "Test", words[0] == "✔" || words[0] == "✘" else { return nil }
        name = String(words[2].prefix { $0 != "(" })
        passed = words[0] == "✔"
        text = words.joined(separator: " ")
    }
}
