/// One frame between a session and `isolab-init` (Sources/Programs/isolab-init/Frame.swift): a kind, three bytes of nothing, a length
/// in four bytes, little-endian, then that many bytes.
enum SessionFrame: Equatable {
    // To the guest.
    case start([UInt8])
    case input([UInt8])
    case endOfInput
    case resize(TerminalSize)
    case signal(Int32)
    /// Everything was read: the machine may end.
    case goodbye
    /// Nobody reads that stream any more: 1 or 2.
    case outputClosed(UInt32)

    // From the guest.
    case output([UInt8])
    case errorOutput([UInt8])
    /// So many bytes of input were used up: as many more may come.
    case credit(UInt32)
    /// The command reads no more input.
    case inputClosed
    /// A wait status, as wait4(2) gives it.
    case exited(UInt32)
    case failed(stage: UInt32, errno: UInt32)

    /// Bytes of input that may be on their way at once.
    static let window = 65536
    /// The longest payload that comes from a guest: what is longer comes from no `isolab-init`.
    static let longest = 65536

    var kind: UInt8 {
        switch self {
        case .start: 1
        case .input: 2
        case .endOfInput: 3
        case .resize: 4
        case .signal: 5
        case .goodbye: 6
        case .outputClosed: 7
        case .output: 16
        case .errorOutput: 17
        case .credit: 18
        case .inputClosed: 19
        case .exited: 20
        case .failed: 21
        }
    }

    /// The frame as it travels.
    var bytes: [UInt8] {
        let payload: [UInt8] =
            switch self {
            case .start(let bytes), .input(let bytes), .output(let bytes), .errorOutput(let bytes): bytes
            case .endOfInput, .goodbye, .inputClosed: []
            case .resize(let size): Self.number(UInt32(size.rows)) + Self.number(UInt32(size.columns))
            case .signal(let number): Self.number(UInt32(bitPattern: number))
            case .outputClosed(let number), .credit(let number), .exited(let number): Self.number(number)
            case .failed(let stage, let errno): Self.number(stage) + Self.number(errno)
            }
        return [kind, 0, 0, 0] + Self.number(UInt32(payload.count)) + payload
    }

    /// A frame from a guest; nil where it is none.
    init?(kind: UInt8, payload: ArraySlice<UInt8>) {
        func number(_ index: Int) -> UInt32? {
            let start = payload.startIndex + 4 * index
            return start + 4 <= payload.endIndex ? Self.number(payload[start..<start + 4]) : nil
        }
        switch kind {
        case 16: self = .output(Array(payload))
        case 17: self = .errorOutput(Array(payload))
        case 18:
            guard let bytes = number(0) else { return nil }
            self = .credit(bytes)
        case 19: self = .inputClosed
        case 20:
            guard let status = number(0) else { return nil }
            self = .exited(status)
        case 21:
            guard let stage = number(0), let errno = number(1) else { return nil }
            self = .failed(stage: stage, errno: errno)
        default: return nil
        }
    }

    static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func number(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}

/// Cuts what comes from a guest into frames. A guest's root may write what it likes: a frame that is none ends the session.
struct SessionFrameReader {
    private var pending: [UInt8] = []
    private var start = 0

    struct Broken: Error, Equatable {
        let kind: UInt8
        let length: UInt32
    }

    mutating func append(_ bytes: ArraySlice<UInt8>) {
        if start > 0 {
            pending.removeSubrange(0..<start)
            start = 0
        }
        pending += bytes
    }

    /// The next whole frame; nil where it is not there yet.
    mutating func next() throws(Broken) -> SessionFrame? {
        guard pending.count - start >= 8 else { return nil }
        let kind = pending[start]
        let length = SessionFrame.number(pending[start + 4..<start + 8])
        guard length <= SessionFrame.longest else { throw Broken(kind: kind, length: length) }
        let end = start + 8 + Int(length)
        guard pending.count >= end else { return nil }
        guard let frame = SessionFrame(kind: kind, payload: pending[start + 8..<end]) else {
            throw Broken(kind: kind, length: length)
        }
        start = end
        return frame
    }
}
