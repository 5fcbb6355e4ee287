/// What a workload does after it has said hello and proved its work.
enum Command {
    case exit(status: Int32)
    case ready
    case spin(millions: UInt64)
    case sleep(milliseconds: UInt64)
    case memory(mebibytes: UInt64)
    case syscalls(batches: Int, scale: Int)
    /// Dies of an illegal instruction after its proof, so that the host's handling of crashes can be shown.
    case crash

    var name: StaticString {
        switch self {
        case .exit: "exit"
        case .ready: "ready"
        case .spin: "spin"
        case .sleep: "sleep"
        case .memory: "memory"
        case .syscalls: "syscalls"
        case .crash: "crash"
        }
    }
}

/// A command line that was not understood.
///
/// Unchecked because of the pointer: the kernel put the words on the stack, where nobody changes them.
struct UsageError: Error, @unchecked Sendable {
    let words: StaticString
    /// The word that was wrong; nil where one is missing.
    let word: UnsafePointer<CChar>?
}

/// The command line: `--nonce H --work N [--guest] [what is put in on purpose] COMMAND …`.
struct Arguments {
    var nonce: UInt64 = 0
    var work: UInt32 = 0
    var isGuest = false
    var injection = Injection()
    var command = Command.ready

    init(_ words: Words) throws(UsageError) {
        var words = words
        var hasNonce = false
        while let word = words.next() {
            if equal(word, "--nonce") {
                nonce = try number(&words, "--nonce needs 1 to 16 hexadecimal digits", radix: 16, atMost: .max)
                hasNonce = true
            } else if equal(word, "--work") {
                work = UInt32(
                    truncatingIfNeeded: try number(
                        &words, "--work needs a number of iterations below 2^32", atMost: UInt64(UInt32.max)))
            } else if equal(word, "--guest") {
                isGuest = true
            } else if try injection.take(word, &words) {
                continue
            } else {
                guard hasNonce else { throw UsageError(words: "--nonce is needed before the command", word: word) }
                command = try Self.command(word, &words)
                if let extra = words.next() { throw UsageError(words: "one word too many", word: extra) }
                return
            }
        }
        throw UsageError(words: "a command is needed: exit, ready, spin, sleep, memory, syscalls or crash", word: nil)
    }

    private static func command(
        _ word: UnsafePointer<CChar>, _ words: inout Words
    ) throws(UsageError) -> Command {
        if equal(word, "ready") { return .ready }
        if equal(word, "crash") { return .crash }
        if equal(word, "exit") {
            let status =
                words.isEmpty ? 0 : try number(&words, "exit needs a status from 0 to 255", atMost: 255)
            return .exit(status: Int32(status))
        }
        if equal(word, "spin") {
            let millions =
                words.isEmpty
                ? 10 : try number(&words, "spin needs millions of steps, at most 1000000", atMost: 1_000_000)
            return .spin(millions: millions)
        }
        if equal(word, "sleep") {
            let milliseconds = try number(&words, "sleep needs milliseconds, at most 1000000", atMost: 1_000_000)
            return .sleep(milliseconds: milliseconds)
        }
        if equal(word, "memory") {
            let mebibytes = try number(&words, "memory needs MiB, at most 1048576", atMost: 1 << 20)
            return .memory(mebibytes: mebibytes)
        }
        if equal(word, "syscalls") { return try syscalls(&words) }
        throw UsageError(words: "no such command (exit, ready, spin, sleep, memory, syscalls, crash)", word: word)
    }

    private static func syscalls(_ words: inout Words) throws(UsageError) -> Command {
        var batches = 20
        var scale = 1000
        while let word = words.next() {
            if equal(word, "--batches") {
                batches = Int(
                    try number(&words, "--batches needs a number from 1 to 10000", atLeast: 1, atMost: 10_000))
            } else if equal(word, "--scale") {
                scale = try scaleInThousandths(&words)
            } else {
                throw UsageError(words: "syscalls takes --batches and --scale", word: word)
            }
        }
        return .syscalls(batches: batches, scale: scale)
    }
}

extension Injection {
    /// Whether a word is an option of what is put in, which is then taken.
    fileprivate mutating func take(_ word: UnsafePointer<CChar>, _ words: inout Words) throws(UsageError) -> Bool {
        func microseconds() throws(UsageError) -> UInt64 {
            try number(
                &words, "--delay, --burn, --daemon-burn and --rest need microseconds, at most 10000000",
                atMost: 10_000_000)
        }
        func mebibytes() throws(UsageError) -> UInt64 {
            try number(&words, "--touch and --daemon-touch need MiB, at most 65536", atMost: 65536)
        }
        if equal(word, "--delay") {
            delay = try microseconds()
        } else if equal(word, "--burn") {
            burn = try microseconds()
        } else if equal(word, "--daemon-burn") {
            daemonBurn = try microseconds()
        } else if equal(word, "--rest") {
            rest = try microseconds()
        } else if equal(word, "--touch") {
            touch = try mebibytes()
        } else if equal(word, "--daemon-touch") {
            daemonTouch = try mebibytes()
        } else if equal(word, "--stray") {
            guard let path = words.next() else {
                throw UsageError(words: "--stray needs the file that lists a cgroup's processes", word: nil)
            }
            strays = path
        } else if equal(word, "--leave") {
            leaves = true
        } else if equal(word, "--lie") {
            lies = true
        } else {
            return false
        }
        return true
    }
}

// MARK: - Words and numbers

/// The words of a command line, one after the other.
struct Words {
    private let words: UnsafePointer<UnsafeMutablePointer<CChar>?>
    private var index: Int
    private let count: Int

    /// The first word is the program's own name.
    init(_ words: UnsafePointer<UnsafeMutablePointer<CChar>?>, count: Int) {
        self.words = words
        self.index = 1
        self.count = count
    }

    var isEmpty: Bool { index >= count }

    mutating func next() -> UnsafePointer<CChar>? {
        guard index < count, let word = words[index] else { return nil }
        index += 1
        return UnsafePointer(word)
    }
}

private func digit(_ character: CChar, radix: UInt64) -> UInt64? {
    let byte = UInt8(bitPattern: character)
    let value: UInt64
    switch byte {
    case 0x30...0x39: value = UInt64(byte - 0x30)
    case 0x41...0x46: value = UInt64(byte - 0x41) + 10
    case 0x61...0x66: value = UInt64(byte - 0x61) + 10
    default: return nil
    }
    return value < radix ? value : nil
}

private func number(
    _ words: inout Words, _ expectation: StaticString, radix: UInt64 = 10, atLeast: UInt64 = 0, atMost: UInt64
) throws(UsageError) -> UInt64 {
    guard let word = words.next() else { throw UsageError(words: expectation, word: nil) }
    var result: UInt64 = 0
    var index = 0
    while word[index] != 0 {
        guard let value = digit(word[index], radix: radix) else { throw UsageError(words: expectation, word: word) }
        let (scaled, overflows) = result.multipliedReportingOverflow(by: radix)
        let (sum, overflowsToo) = scaled.addingReportingOverflow(value)
        if overflows || overflowsToo { throw UsageError(words: expectation, word: word) }
        result = sum
        index += 1
    }
    guard index > 0, result >= atLeast, result <= atMost else { throw UsageError(words: expectation, word: word) }
    return result
}

/// A factor such as `2`, `0.25` or `1.5`, from 0.001 to 1000, in thousandths.
private func scaleInThousandths(_ words: inout Words) throws(UsageError) -> Int {
    let expectation: StaticString = "--scale needs a factor from 0.001 to 1000"
    guard let word = words.next() else { throw UsageError(words: expectation, word: nil) }
    var result = 0
    var places = -1
    var index = 0
    while word[index] != 0 {
        if word[index] == 0x2e, places < 0 {
            places = 0
        } else if let value = digit(word[index], radix: 10), places < 3, result <= 1_000_000 {
            result = result * 10 + Int(value)
            if places >= 0 { places += 1 }
        } else {
            throw UsageError(words: expectation, word: word)
        }
        index += 1
    }
    var missing = 3 - max(places, 0)
    while missing > 0 {
        result *= 10
        missing -= 1
    }
    guard (1...1_000_000).contains(result) else { throw UsageError(words: expectation, word: word) }
    return result
}
