import Linux
import OCI

/// What a transfer looks like on a terminal: a line for each content that is under way, one for all. Pure: text out of reports.
package struct TransferBoard: Equatable, Sendable {
    private struct Row: Equatable, Sendable {
        var descriptor: Descriptor
        var state: TransferProgress.State
        /// Seconds on some clock, at the first byte.
        var began: Double?
        /// Bytes that were there before the first one came.
        var offset: Int64 = 0
    }

    private var rows: [Digest: Row] = [:]
    private var order: [Digest] = []
    private var began: Double?

    package init() {}

    /// Takes a report.
    ///
    /// - Parameter now: seconds on a clock that goes steadily.
    package mutating func take(_ progress: TransferProgress, now: Double) {
        let digest = progress.descriptor.digest
        if began == nil { began = now }
        if rows[digest] == nil { order.append(digest) }
        var row = rows[digest] ?? Row(descriptor: progress.descriptor, state: .waiting)
        if case .moving(let bytes) = progress.state, row.began == nil {
            row.began = now
            row.offset = bytes
        }
        row.state = progress.state
        rows[digest] = row
    }

    package var isFinished: Bool {
        !rows.isEmpty && rows.values.allSatisfy { Self.isFinal($0.state) }
    }

    /// Lines for a terminal, none wider than `columns`: at most `height`, those under way first, the whole last.
    package func lines(columns: Int = 80, height: Int = 20, now: Double) -> [String] {
        let all = order.compactMap { rows[$0] }
        let active = all.filter {
            if case .moving = $0.state { true } else if case .retrying = $0.state { true } else { false }
        }
        let shownRows = active.prefix(max(0, height - 1))
        var lines = shownRows.map { Self.line($0, columns, now) }
        lines.append(whole(columns, now))
        return lines
    }

    /// What is said once of a content, where lines cannot be drawn anew: its beginning says nothing, its end and its troubles do.
    package static func note(_ progress: TransferProgress) -> String? {
        let name = progress.descriptor.digest.short
        switch progress.state {
        case .waiting, .moving: return nil
        case .present: return "\(name): already there"
        case .mounted(let repository): return "\(name): mounted from \(repository)"
        case .retrying(let reason, let pause):
            return "\(name): trying again in \(Self.decimal(pause)) s: \(shown(reason, greatestLength: 400))"
        case .finished: return "\(name): done, \(Self.size(progress.descriptor.size))"
        }
    }

    // MARK: Lines

    private func whole(_ columns: Int, _ now: Double) -> String {
        var done: Int64 = 0
        var total: Int64 = 0
        var finished = 0
        for row in rows.values {
            total +|= max(0, row.descriptor.size)
            switch row.state {
            case .moving(let bytes): done +|= max(0, bytes)
            case .present, .finished, .mounted:
                done +|= max(0, row.descriptor.size)
                finished += 1
            case .waiting, .retrying: break
            }
        }
        return Self.line("\(finished) of \(rows.count)", done, total, columns, rate: nil)
    }

    private static func line(_ row: Row, _ columns: Int, _ now: Double) -> String {
        let name = row.descriptor.digest.short
        switch row.state {
        case .moving(let bytes):
            let seconds = row.began.map { now - $0 } ?? 0
            let rate = seconds > 0.5 ? Double(bytes -| row.offset) / seconds : nil
            return line(name, bytes, row.descriptor.size, columns, rate: rate)
        case .retrying(let reason, let pause):
            return cut("\(name)  again in \(decimal(pause)) s: \(shown(reason))", columns)
        default: return cut(name, columns)
        }
    }

    /// `46ad2fb8bafe  ━━━━━━━━────────  12.3 MB of 45.6 MB, 3.4 MB/s`
    private static func line(_ name: String, _ done: Int64, _ total: Int64, _ columns: Int, rate: Double?) -> String {
        let share = total > 0 ? max(0, min(1, Double(done) / Double(total))) : 1
        var words = "\(size(done)) of \(size(total))"
        if let rate { words += ", \(size(whole(rate)))/s" }
        let head = name + String(repeating: " ", count: max(0, 14 - name.count))
        let room = columns - 1 - head.count - 2 - 32
        guard room >= 8 else { return cut("\(head)\(words)", columns) }
        let filled = Int(share * Double(room))
        let bar = String(repeating: "━", count: filled) + String(repeating: "─", count: room - filled)
        return cut("\(head)\(bar)  \(words)", columns)
    }

    private static func isFinal(_ state: TransferProgress.State) -> Bool {
        switch state {
        case .present, .mounted, .finished: true
        case .waiting, .moving, .retrying: false
        }
    }

    private static func cut(_ text: String, _ columns: Int) -> String { String(text.prefix(max(0, columns - 1))) }

    /// Bytes in powers of thousand, as Docker says them: `999 B`, `1.2 kB`, `45.6 MB`.
    package static func size(_ bytes: Int64) -> String {
        var value = Double(max(0, bytes))
        guard value >= 1000 else { return "\(bytes) B" }
        for unit in ["kB", "MB", "GB"] {
            value /= 1000
            if value < 999.95 { return "\(decimal(value)) \(unit)" }
        }
        return "\(decimal(value / 1000)) TB"
    }

    /// A number without its fraction, within the range of those there are.
    private static func whole(_ value: Double) -> Int64 {
        value.isNaN ? 0 : Int64(exactly: value.rounded(.towardZero)) ?? (value < 0 ? .min : .max)
    }

    private static func decimal(_ value: Double) -> String {
        let tenths = whole((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
