import Linux
import Seccomp

/// What a compiled filter will say to calls of the launch itself, which come when it is in force.
enum FilterVerdict {
    /// Whether the program can be looked for. Without a filter it can.
    static func allowsSearch(_ filter: ChildStep?) -> Bool {
        switch filter {
        case .seccomp(let words, _), .seccompWithListener(let words, _):
            allows(words, status) && allows(words, access)
        default: true
        }
    }

    /// Whether the kernel can be asked to end it with its launcher: PR_SET_PDEATHSIG, SIGKILL.
    static func allowsFollowing(_ words: [UInt64]) -> Bool { allows(words, control, [1, 9]) }

    static func allowsAskingForParent(_ words: [UInt64]) -> Bool { allows(words, parent) }

    /// Whether a call with these operands comes through, and is done.
    static func allows(_ words: [UInt64], _ number: UInt32, _ operands: [UInt64] = []) -> Bool {
        let instructions = words.map { word in
            FilterInstruction(
                code: UInt16(truncatingIfNeeded: word), jumpTrue: UInt8(truncatingIfNeeded: word >> 16),
                jumpFalse: UInt8(truncatingIfNeeded: word >> 24), constant: UInt32(truncatingIfNeeded: word >> 32))
        }
        let call = SystemCallData(number: number, architecture: architecture, arguments: operands)
        guard let verdict = try? FilterInterpreter.verdict(of: instructions, for: call) else { return false }
        return [allow, log].contains(verdict & action)
    }

    private static let action: UInt32 = 0xffff_0000
    static let allow: UInt32 = 0x7fff_0000
    private static let log: UInt32 = 0x7ffc_0000
    private static let access: UInt32 = 439
    #if arch(x86_64)
        static let clone: UInt32 = 56
        static let architecture: UInt32 = 0xC000_003E
        private static let status: UInt32 = 262
        private static let control: UInt32 = 157
        private static let parent: UInt32 = 110
    #else
        static let clone: UInt32 = 220
        static let architecture: UInt32 = 0xC000_00B7
        private static let status: UInt32 = 79
        private static let control: UInt32 = 167
        private static let parent: UInt32 = 173
    #endif
}
