/// A part of a report, independent of the form it is written in.
enum Block: Sendable {
    case paragraph(String)
    /// Beside the point but needed: set smaller.
    case note(String)
    case heading(String)
    case list([String])
    case terms([(name: String, value: String)])
    case table(Table)
    case figure(FigureBlock)
    /// One of several views of the same thing at a time: the span switcher.
    case panels(legend: String, [Panel])
    case details(String, [Block])
    case code(String)
}

/// One of several views of the same samples.
struct Panel: Sendable {
    var name: String
    var blocks: [Block]
}

/// A chart, what it says, and its figures as a table.
struct FigureBlock: Sendable {
    /// Unique in the report; the elements of the figure are named after it.
    var id: String
    var chart: any Chart
    var caption: String
    var table: Table
    /// The table is laid open beside the chart rather than folded away.
    var open = false
}

/// One section of the report; each is one file, registered in `ReportSections`.
protocol ReportSection: Sendable {
    /// Its anchor.
    var id: String { get }
    var title: String { get }
    /// What it says of a run; empty leaves the section out.
    func blocks(_ reading: Reading) -> [Block]
}

/// The sections in the order in which a report tells them.
enum ReportSections {
    static let all: [any ReportSection] = [
        StartupSection(), HotColdSection(), WaterfallSection(), MemorySection(), SystemCallSection(), VerdictSection(),
        FindingsSection(),
        ProcessorTimeSection(), MicroGuestSection(), LanesSection(), RejectedSection(), HostStateSection(),
        ManifestSection(),
        MethodSection(), ReproduceSection(),
    ]
}
