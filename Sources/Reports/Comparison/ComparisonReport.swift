public import RunRecord

/// What changed between two runs, for `isolab compare`: as terminal text and as one HTML file.
///
/// `RunComparison.compare` decides whether two runs may be compared, and how; a forced comparison is stamped here.
public enum ComparisonReport {
    /// The comparison for a terminal of so many columns, at least 60; no line is longer. Ends with a newline.
    public static func terminal(
        _ comparison: RunComparison, before: Manifest, after: Manifest, width: Int = 80, colour: Bool = false
    ) -> String {
        ComparisonText(
            change: RunChange(comparison, before: before, after: after),
            text: TerminalText(width: max(width, 60), colour: colour)
        ).render()
    }

    /// The comparison as one HTML file, built as the report of a run is.
    public static func html(_ comparison: RunComparison, before: Manifest, after: Manifest) -> String {
        ComparisonPage(change: RunChange(comparison, before: before, after: after)).render()
    }
}
