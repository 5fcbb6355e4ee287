import Glibc
public import Statistics

/// A kind of start: at once after another of the same lane, or 50 ms after anything at all.
public enum Temperature: String, CaseIterable, Sendable {
    case hot, cold

    /// What a table of it is headed with.
    public var heading: String {
        switch self {
        case .hot: "Hot: at once after another start"
        case .cold: "Cold: 50 ms idle before"
        }
    }
}

/// Measures lanes in blocks: in each, every lane hot and cold, all in random order, so that what drifts in the host meets them
/// alike. Three blocks before the first warm up and are not kept.
///
/// - Parameters:
///   - perform: does what is measured, once; hot, once more before.
///   - keep: takes the figure of a block that counts.
public func measureInterleaved<Lane, Figure>(
    _ lanes: [Lane], blocks: Int, _ generator: inout SeededGenerator,
    perform: (Lane, inout SeededGenerator) throws -> Figure,
    keep: (_ block: Int, Lane, Temperature, Figure) -> Void
) throws {
    let warmUps = 3
    for block in -warmUps..<blocks {
        var order = lanes.flatMap { lane in Temperature.allCases.map { (lane, $0) } }
        generator.shuffle(&order)
        for (lane, temperature) in order {
            switch temperature {
            case .hot: _ = try perform(lane, &generator)
            case .cold: usleep(50_000)
            }
            let figure = try perform(lane, &generator)
            if block >= 0 { keep(block, lane, temperature, figure) }
        }
    }
}
