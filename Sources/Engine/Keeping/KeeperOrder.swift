/// What isolab-keeper is told by its arguments: numbers with names, as `pid=17`. The name, the identifier and the program that it becomes
/// when there is something to decide stand before them.
package struct KeeperOrder: Equatable, Sendable {
    package enum Key: Int, CaseIterable, Sendable {
        /// The container's first process, a child; 0 while it waits for the next start.
        case process
        /// Locked, and kept open: that the container is looked after.
        case lock
        case socket
        /// Ends of pipes, −1 for none.
        case output, error, input
        /// The master of the container's terminal, −1 for none.
        case terminal
        /// Whether the end of the first attached command's input is the end of the container's.
        case inputOnce
        /// 0: no log is written.
        case log
        case logSize, logFiles
        /// Milliseconds until the next start.
        case wait
        /// What a keeper that is told to end ends the container with: a signal, and milliseconds until SIGKILL, −1 for never.
        case stopSignal, stopTimeout
        /// Milliseconds until the container's health is asked for, −1: never.
        case probe
        /// Whether somebody wants it to end and to stay so, which was heard between two runs.
        case stopped

        /// As it is written.
        package var name: StaticString {
            switch self {
            case .process: "pid"
            case .lock: "lock"
            case .socket: "socket"
            case .output: "out"
            case .error: "err"
            case .input: "in"
            case .terminal: "tty"
            case .inputOnce: "once"
            case .log: "log"
            case .logSize: "log-size"
            case .logFiles: "log-files"
            case .wait: "wait"
            case .stopSignal: "stop-signal"
            case .stopTimeout: "stop-timeout"
            case .probe: "probe"
            case .stopped: "stopped"
            }
        }

        fileprivate var initial: Int64 {
            switch self {
            case .lock, .socket, .output, .error, .input, .terminal, .probe: -1
            case .logFiles: 1
            case .stopSignal: 15
            case .stopTimeout: 10_000
            default: 0
            }
        }
    }

    /// Words before the numbers: the program, the container's name and identifier, isolab.
    package static let leading = 3

    private var values: [Int64]
    /// Commands that are attached or wait, by descriptor, and what each wants (`AttachFlags`; 0: the end alone).
    package var clients: [(descriptor: Int32, flags: UInt8)] = []

    package init() { values = Key.allCases.map { $0.initial } }

    package static func == (left: Self, right: Self) -> Bool {
        guard left.values == right.values, left.clients.count == right.clients.count else { return false }
        for (index, client) in left.clients.enumerated() where client != right.clients[index] { return false }
        return true
    }

    package subscript(_ key: Key) -> Int64 {
        get { values[key.rawValue] }
        set { values[key.rawValue] = newValue }
    }

    package func descriptor(_ key: Key) -> Int32 { Int32(truncatingIfNeeded: self[key]) }

    /// Takes one word; false where it is none of these.
    package mutating func take(_ word: UnsafeBufferPointer<UInt8>) -> Bool {
        var index = 0
        while index < word.count, word[index] != 0x3D { index += 1 }
        guard index < word.count else { return false }
        let name = UnsafeBufferPointer(rebasing: word[..<index])
        let rest = UnsafeBufferPointer(rebasing: word[(index + 1)...])
        if Self.isEqual(name, "client") {
            var colon = 0
            while colon < rest.count, rest[colon] != 0x3A { colon += 1 }
            guard colon < rest.count, let descriptor = Self.number(UnsafeBufferPointer(rebasing: rest[..<colon])),
                let flags = Self.number(UnsafeBufferPointer(rebasing: rest[(colon + 1)...])), (0...7).contains(flags)
            else { return false }
            clients.append((Int32(truncatingIfNeeded: descriptor), UInt8(truncatingIfNeeded: flags)))
            return true
        }
        for key in Key.allCases where Self.isEqual(name, key.name) {
            guard let number = Self.number(rest) else { return false }
            self[key] = number
            return true
        }
        return false
    }

    private static func isEqual(_ text: UnsafeBufferPointer<UInt8>, _ name: StaticString) -> Bool {
        guard text.count == name.utf8CodeUnitCount else { return false }
        for index in 0..<text.count where text[index] != name.utf8Start[index] { return false }
        return true
    }

    /// A decimal number of at most 18 digits.
    package static func number(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        var start = 0
        let isNegative = text.count > 0 && text[0] == 0x2D
        if isNegative { start = 1 }
        guard text.count > start, text.count - start <= 18 else { return nil }
        var number: Int64 = 0
        for index in start..<text.count {
            guard text[index] >= 0x30, text[index] <= 0x39 else { return nil }
            number = number * 10 + Int64(text[index] - 0x30)
        }
        return isNegative ? -number : number
    }

    /// As arguments, those alone that differ from what is so anyway.
    package var words: [[UInt8]] {
        var words: [[UInt8]] = []
        for key in Key.allCases where self[key] != key.initial {
            var word: [UInt8] = []
            for index in 0..<key.name.utf8CodeUnitCount { word.append(key.name.utf8Start[index]) }
            word.append(0x3D)
            Self.append(self[key], to: &word)
            words.append(word)
        }
        for client in clients {
            var word: [UInt8] = []
            word.append(contentsOf: "client=".utf8)
            Self.append(Int64(client.descriptor), to: &word)
            word.append(0x3A)
            Self.append(Int64(client.flags), to: &word)
            words.append(word)
        }
        return words
    }

    package static func append(_ number: Int64, to word: inout [UInt8]) {
        if number < 0 { word.append(0x2D) }
        var rest = number.magnitude
        var digits: [UInt8] = []
        repeat {
            digits.append(0x30 + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        for digit in digits.reversed() { word.append(digit) }
    }
}
