import Linux
import Seccomp

/// Lets a successor come to life under a filter that forbids its processes to make any.
///
/// Without no_new_privs a filter is loaded while the rights for it are there, before the process is made that the container sees,
/// and that one is made under it. One call is let through then: the one whose sixth operand, which means nothing to the kernel, is
/// a number that nobody in the container knows.
enum SuccessorPass {
    /// - Returns: the step as it is and 0 where it needs nothing; else one with instructions in front, and the number.
    static func admit(_ filter: ChildStep) -> (filter: ChildStep, pass: UInt64) {
        switch filter {
        case .seccomp(let words, let flags):
            let (longer, pass) = admit(words)
            return (.seccomp(instructions: longer, flags: flags), pass)
        case .seccompWithListener(let words, let flags):
            let (longer, pass) = admit(words)
            return (.seccompWithListener(instructions: longer, flags: flags), pass)
        default: return (filter, 0)
        }
    }

    private static func admit(_ words: [UInt64]) -> (words: [UInt64], pass: UInt64) {
        // CLONE_PARENT, and a stack somewhere.
        let isAllowed = FilterVerdict.allows(words, FilterVerdict.clone, [0x8000, 0x7f00_0000_0000])
        guard !isAllowed, words.count + 9 <= 4096 else { return (words, 0) }
        let pass = UInt64.random(in: 1...UInt64.max)
        func load(_ offset: UInt64) -> UInt64 { 0x20 | offset << 32 }
        func unlessEqual(_ constant: UInt64, skip count: UInt64) -> UInt64 {
            0x15 | count << 24 | (constant & 0xffff_ffff) << 32
        }
        let front = [
            load(4), unlessEqual(UInt64(FilterVerdict.architecture), skip: 7), load(0),
            unlessEqual(UInt64(FilterVerdict.clone), skip: 5),
            load(56), unlessEqual(pass, skip: 3), load(60), unlessEqual(pass >> 32, skip: 1),
            0x06 | UInt64(FilterVerdict.allow) << 32,
        ]
        return (front + words, pass)
    }
}
