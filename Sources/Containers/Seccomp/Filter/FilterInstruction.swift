/// One instruction of classic BPF, as the kernel takes it: `struct sock_filter`, 8 bytes (`linux/filter.h`).
public struct FilterInstruction: Hashable, Sendable, BitwiseCopyable {
    /// Operation: class, size or operator, and source.
    public var code: UInt16
    /// Instructions to skip where a comparison holds, and where it does not.
    public var jumpTrue: UInt8
    public var jumpFalse: UInt8
    /// The constant.
    public var constant: UInt32

    public init(code: UInt16, jumpTrue: UInt8 = 0, jumpFalse: UInt8 = 0, constant: UInt32) {
        self.code = code
        self.jumpTrue = jumpTrue
        self.jumpFalse = jumpFalse
        self.constant = constant
    }
}

/// The operations used here, by the names of the man page (`bpf(4)`); the accumulator is A.
enum FilterCode {
    /// A ← 32 bits of the system call's data at a byte offset.
    static let loadAbsolute: UInt16 = 0x20
    /// A ← A & constant.
    static let and: UInt16 = 0x54
    /// Skip `constant` instructions.
    static let jumpAlways: UInt16 = 0x05
    static let jumpEqual: UInt16 = 0x15
    static let jumpGreater: UInt16 = 0x25
    static let jumpGreaterOrEqual: UInt16 = 0x35
    /// Holds where A & constant is not zero.
    static let jumpAnyBitSet: UInt16 = 0x45
    /// The verdict.
    static let returnConstant: UInt16 = 0x06

    static func isComparison(_ code: UInt16) -> Bool {
        code == jumpEqual || code == jumpGreater || code == jumpGreaterOrEqual || code == jumpAnyBitSet
    }

    static func holds(_ code: UInt16, _ value: UInt32, _ constant: UInt32) -> Bool {
        switch code {
        case jumpEqual: value == constant
        case jumpGreater: value > constant
        case jumpGreaterOrEqual: value >= constant
        default: value & constant != 0
        }
    }
}

/// What a filter judges: `struct seccomp_data` (`linux/seccomp.h`).
public struct SystemCallData: Hashable, Sendable {
    public var number: UInt32
    /// `AUDIT_ARCH_…`
    public var architecture: UInt32
    public var instructionPointer: UInt64
    /// Six, each 64 bits without sign.
    public var arguments: [UInt64]

    public init(
        number: UInt32, architecture: UInt32 = SystemCallData.x86_64, arguments: [UInt64] = [],
        instructionPointer: UInt64 = 0
    ) {
        self.number = number
        self.architecture = architecture
        self.instructionPointer = instructionPointer
        self.arguments = arguments + Array(repeating: 0, count: max(0, 6 - arguments.count))
    }

    // swift-format-ignore: AlwaysUseLowerCamelCase
    public static let x86_64: UInt32 = 0xC000_003E
    public static let i386: UInt32 = 0x4000_0003
    /// Set in the number of a call by the x32 convention.
    public static let x32Bit: UInt32 = 0x4000_0000

    static let numberOffset: UInt32 = 0
    static let architectureOffset: UInt32 = 4
    static let argumentsOffset: UInt32 = 16
    static let size: UInt32 = 64

    /// The 32 bits at a byte offset, on a little-endian machine; nil outside or unaligned, which the kernel refuses.
    func word(at offset: UInt32) -> UInt32? {
        guard offset % 4 == 0, offset < Self.size else { return nil }
        switch offset {
        case Self.numberOffset: return number
        case Self.architectureOffset: return architecture
        case 8: return UInt32(truncatingIfNeeded: instructionPointer)
        case 12: return UInt32(truncatingIfNeeded: instructionPointer >> 32)
        default:
            let word = Int(offset - Self.argumentsOffset) / 4
            return UInt32(truncatingIfNeeded: arguments[word / 2] >> (word % 2 == 0 ? 0 : 32))
        }
    }
}
