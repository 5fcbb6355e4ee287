import ArgumentParser
import Engine
import Presentation

/// How a list is printed.
struct ListOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "json, table, a template like '{{.ID}}: {{.Size}}', or 'table {{.ID}}\\t{{.Size}}'.", valueName: "format"))
    var format: String?
    @Flag(help: "Do not truncate output.") var noTrunc = false

    /// Whether a template names a field.
    func asks(for field: String) throws -> Bool { try ListFormat(format).asks(for: field) }

    func print(_ listing: Listing, quiet: Bool = false) throws {
        let text = try listing.text(
            try ListFormat(format, quiet: quiet), limit: ListFormat.lineLimit(noTruncation: noTrunc))
        Output.print(text)
    }
}
