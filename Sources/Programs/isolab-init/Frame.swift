import CWorkload

/// The frames between the host's session and this program, over one virtio port: a kind, three bytes of nothing, a length
/// in four bytes, little-endian, then that many bytes. The same numbers as Machines/Session/SessionFrame.swift.
enum Frame {
    static let header = 8

    // From the host.
    static let start: UInt8 = 1
    static let input: UInt8 = 2
    static let endOfInput: UInt8 = 3
    static let resize: UInt8 = 4
    static let signal: UInt8 = 5
    /// Everything was read: the machine may end.
    static let goodbye: UInt8 = 6
    /// Nobody reads that stream any more: 1 or 2.
    static let outputClosed: UInt8 = 7

    // To the host.
    static let output: UInt8 = 16
    static let errorOutput: UInt8 = 17
    /// So many bytes of input were used up: as many more may come.
    static let credit: UInt8 = 18
    /// Nobody reads the input any more.
    static let inputClosed: UInt8 = 19
    /// A wait status, as wait4(2) gives it.
    static let exited: UInt8 = 20
    /// The command could not be started: the stage, then the error number.
    static let failed: UInt8 = 21

    /// Bytes of input that may be on their way at once.
    static let window = 65536
    /// The longest payload after the start.
    static let longest = 65536
    /// The longest start.
    static let longestStart = 4 << 20
}

/// What was under way when the command could not be started. The same numbers as in Machines/Session/SessionFrame.swift.
enum Stage {
    static let parameters = 1
    static let root = 2
    static let disk = 3
    static let overlay = 4
    static let mounts = 5
    static let streams = 6
    static let terminal = 7
    static let fork = 8
    static let groups = 9
    static let user = 10
    static let directory = 11
    static let execute = 12
    static let readOnly = 13
    static let file = 14
    static let share = 15
    static let network = 16
}

/// A little-endian number of four bytes, wherever it lies.
func littleEndian(_ bytes: UnsafePointer<UInt8>) -> Int {
    Int(bytes[0]) | Int(bytes[1]) << 8 | Int(bytes[2]) << 16 | Int(bytes[3]) << 24
}

func store(_ number: Int, _ bytes: UnsafeMutablePointer<UInt8>) {
    bytes[0] = UInt8(truncatingIfNeeded: number)
    bytes[1] = UInt8(truncatingIfNeeded: number >> 8)
    bytes[2] = UInt8(truncatingIfNeeded: number >> 16)
    bytes[3] = UInt8(truncatingIfNeeded: number >> 24)
}
