public import RunRecord

/// What changed between two runs, for `isolab compare`: as terminal text and as one HTML file.
///
/// Ask `differences` first: where one is decisive, compare only when forced; the reports then carry a stamp.
public enum ComparisonReport {
    /// In what the manifests differ, decisive differences first.
    public static func differences(before: Manifest, after: Manifest) -> [ManifestDifference] {
        ManifestDifference.between(before, after)
    }

    /// The comparison for a terminal of so many columns, at least 60; no line is longer. Ends with a newline.
    public static func terminal(
        before: Run, _ beforeSummary: Summary, after: Run, _ afterSummary: Summary, width: Int = 80,
        colour: Bool = false
    ) -> String {
        let change = RunChange(
            before: Reading(run: before, summary: beforeSummary), after: Reading(run: after, summary: afterSummary))
        return ComparisonText(change: change, text: TerminalText(width: max(width, 60), colour: colour)).render()
    }

    /// The comparison as one HTML file, built as the report of a run is.
    public static func html(before: Run, _ beforeSummary: Summary, after: Run, _ afterSummary: Summary) -> String {
        let change = RunChange(
            before: Reading(run: before, summary: beforeSummary), after: Reading(run: after, summary: afterSummary))
        return ComparisonPage(change: change).render()
    }
}
