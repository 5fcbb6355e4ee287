/// A profile compiled: instructions ready for `seccomp(2)`.
public struct SeccompProgram: Equatable, Sendable {
    /// At most 4096 (`BPF_MAXINSNS`), as `struct sock_filter`.
    public let instructions: [FilterInstruction]
    /// `SECCOMP_FILTER_FLAG_…` for `SECCOMP_SET_MODE_FILTER`.
    public let flags: UInt32
    /// `SECCOMP_FILTER_FLAG_NEW_LISTENER`: loading the filter answers with a descriptor that notifications come by.
    public static let newListener: UInt32 = 8
    /// `SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV`, of a filter with a listener alone.
    public static let waitKillable: UInt32 = 32
    /// False where the program is libseccomp's own, because the compact one was not proven equal.
    public let isCompact: Bool

    public init(instructions: [FilterInstruction], flags: UInt32 = 0, isCompact: Bool = false) {
        self.instructions = instructions
        self.flags = flags
        self.isCompact = isCompact
    }

    /// Each instruction as the 64-bit word it is in this machine's memory: what a launch plan's filter is made of.
    public var words: [UInt64] {
        instructions.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: 8).map { bytes.loadUnaligned(fromByteOffset: $0, as: UInt64.self) }
        }
    }
}
