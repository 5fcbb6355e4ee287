import CommandSupport
import Linux

/// Options of docker's and podman's that are not there: said by their names, with the nearest thing that is.
enum AbsentOption {
    /// What is said of the first that the words have; nil where all that is wrong with them is something else.
    static func problem(in words: [String]) -> String? {
        guard let command = words.first, let option = OptionWords.unknown(in: words, of: IsolabTransfer.self) else {
            return nil
        }
        return options[command]?[option].map { "\(option): not supported; \($0)" }
    }

    /// The words without what asks for what is so anyway: nobody checks signatures.
    static func withoutHarmless(_ words: [String]) -> [String] {
        guard ["pull", "push"].contains(words.first) else { return words }
        let end = words.firstIndex(of: "--") ?? words.endIndex
        return words[..<end].filter { $0.cut(at: "=").map { String($0.before) } ?? $0 != "--disable-content-trust" }
            + words[end...]
    }

    private static let tags = "`isolab list REPOSITORY` lists the tags; pull each with its own `isolab pull`"
    private static let password =
        "every user of this host can read the command line; use --password-stdin"
    private static let rows = "each result is one line, which other programs can read as it is"

    private static let options: [String: [String: String]] = [
        "pull": ["-a": tags, "--all-tags": tags],
        "push": [
            "-a": "push each tag with its own `isolab push`", "--all-tags": "push each tag with its own `isolab push`",
        ],
        "login": ["-p": password, "--password": password],
        "search": [
            "-f": "use a pattern: `isolab search localhost:5000/busy`",
            "--filter": "use a pattern: `isolab search localhost:5000/busy`",
            "--format": rows, "--no-trunc": rows,
        ],
    ]
}
