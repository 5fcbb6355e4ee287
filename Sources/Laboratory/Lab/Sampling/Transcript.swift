import WorkloadProtocol

/// What arrived on a sandbox's channel, with the host's instants.
struct Transcript: Equatable, Sendable {
    /// A line and when its last byte was read.
    struct Line: Equatable, Sendable {
        let message: WorkloadMessage
        /// `HostClock` nanoseconds, absolute.
        let arrival: UInt64
    }

    /// When the first byte of the workload's hello was there: the event `ready`. Bytes that somebody else says before it are
    /// none.
    private(set) var ready: UInt64?
    /// When the first byte of the line under way was there.
    private var begun: UInt64?
    private(set) var lines: [Line] = []
    /// The first lines that are not of the protocol, for the reason of a rejection.
    private(set) var strays: [String] = []
    private var partial: [UInt8] = []
    /// A workload gone wild must not fill the harness's memory.
    private(set) var overflowed = false

    static let longestLine = 4096
    static let mostLines = 200_000

    /// Takes bytes that were read at `instant`.
    mutating func append(_ bytes: UnsafeRawBufferPointer, at instant: UInt64) {
        guard !bytes.isEmpty else { return }
        for byte in bytes {
            if begun == nil { begun = instant }
            if byte == UInt8(ascii: "\n") {
                take(at: instant)
            } else if partial.count < Self.longestLine {
                partial.append(byte)
            } else {
                overflowed = true
            }
        }
    }

    /// Takes a line that someone else read, with the arrivals of its first byte and of its newline.
    mutating func append(line: String, begun: UInt64, ended: UInt64) {
        self.begun = begun
        partial = Array(line.utf8.prefix(Self.longestLine))
        take(at: ended)
    }

    /// A line without its newline at the end of the channel is a stray: the workload was cut off.
    mutating func end(at instant: UInt64) {
        begun = nil
        guard !partial.isEmpty else { return }
        stray(String(decoding: partial, as: UTF8.self))
        partial.removeAll()
    }

    private mutating func take(at instant: UInt64) {
        let begun = begun ?? instant
        self.begun = nil
        if partial.last == UInt8(ascii: "\r") { partial.removeLast() }
        let line = String(decoding: partial, as: UTF8.self)
        partial.removeAll(keepingCapacity: true)
        guard lines.count < Self.mostLines else {
            overflowed = true
            return
        }
        if let message = WorkloadMessage(line: line) {
            if ready == nil, case .hello = message { ready = begun }
            lines.append(Line(message: message, arrival: instant))
        } else {
            stray(line.isEmpty ? "an empty line" : line)
        }
    }

    private mutating func stray(_ line: String) {
        if strays.count < 8 { strays.append(String(line.prefix(200))) }
    }
}

extension Transcript {
    /// The arrival of the workload's last line.
    var done: UInt64? {
        lines.last { if case .done = $0.message { true } else { false } }?.arrival
    }

    /// The last error the workload told of, in words.
    var complaint: String? {
        for line in lines.reversed() {
            if case .error(let operation, let number, let words) = line.message {
                return "\(operation): \(words) (errno \(number))"
            }
        }
        return nil
    }

    /// Instants the workload named, with its own ticks and the host's time.
    var marks: [WorkloadMark] {
        lines.compactMap {
            if case .mark(let name, let ticks) = $0.message {
                WorkloadMark(name: name, ticks: ticks, arrival: $0.arrival)
            } else {
                nil
            }
        }
    }

    /// Figures that the workload gave, by name; the last of a name.
    var values: [String: Double] {
        var values: [String: Double] = [:]
        for line in lines {
            if case .value(let metric, _, let value) = line.message { values[metric] = value }
        }
        return values
    }

    /// Whether the workload said `mark ready`: it is idle now.
    var isIdle: Bool { marks.contains { $0.name == "ready" } }
}

/// An instant seen by two clocks: the workload's counter and the host's.
struct WorkloadMark: Equatable, Sendable {
    let name: String
    let ticks: UInt64
    let arrival: UInt64
}
