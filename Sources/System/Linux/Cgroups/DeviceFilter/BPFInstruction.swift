/// One instruction of the kernel's BPF machine (`struct bpf_insn`; Documentation/bpf/standardization/instruction-set.rst): the
/// few that a device program needs.
struct BPFInstruction: Equatable, Sendable {
    enum Register: UInt8, Sendable {
        /// The answer.
        case r0 = 0
        /// The context a program is called with.
        case r1 = 1
        case r2 = 2
        case r3 = 3
        case r4 = 4
        case r5 = 5
    }

    enum Operation: UInt8, Sendable {
        /// `destination = *(u32 *)(source + offset)`
        case load = 0x61
        /// `destination = immediate`
        case set = 0xb7
        /// `destination = source`
        case copy = 0xbf
        /// `destination &= immediate`
        case and = 0x57
        /// `destination >>= immediate`, without sign
        case shiftRight = 0x77
        /// `if destination != immediate`, the offset is skipped
        case jumpUnlessEqual = 0x55
        /// `if destination & immediate`, the offset is skipped
        case jumpIfAny = 0x45
        /// The offset is skipped.
        case jump = 0x05
        /// Answers r0.
        case exit = 0x95
    }

    var operation: Operation
    var destination: Register
    var source: Register
    /// Instructions to skip from the next on, or bytes from a register's address.
    var offset: Int16
    var immediate: Int32

    init(
        _ operation: Operation, _ destination: Register = .r0, source: Register = .r0, offset: Int16 = 0,
        immediate: Int32 = 0
    ) {
        self.operation = operation
        self.destination = destination
        self.source = source
        self.offset = offset
        self.immediate = immediate
    }

    /// As the kernel takes it, on a machine whose lowest byte comes first.
    var word: UInt64 {
        UInt64(operation.rawValue) | UInt64(destination.rawValue) << 8 | UInt64(source.rawValue) << 12
            | UInt64(UInt16(bitPattern: offset)) << 16 | UInt64(UInt32(bitPattern: immediate)) << 32
    }
}
