import Linux

/// What some processors did since boot, in clock ticks, as /proc/stat counts it (proc(5)).
struct ProcessorTimes: Equatable, Sendable {
    /// All of it, idleness included.
    var total: Int
    /// I/O wait included, for nothing runs meanwhile.
    var idle: Int
    /// Time in which a hypervisor ran something else though something was to run.
    var stolen: Int

    init(total: Int, idle: Int, stolen: Int) {
        self.total = total
        self.idle = idle
        self.stolen = stolen
    }

    /// Sums the lines of the processors that are meant. Nil where the text is not of that file or has none of them. Guest time is
    /// part of user time and not counted twice.
    ///
    /// - Parameter processors: by number; nil for the line of all.
    init?(stat: String, of processors: Set<Int>? = nil) {
        var sum = ProcessorTimes(total: 0, idle: 0, stolen: 0)
        var found = 0
        for line in stat.split(separator: "\n") where line.hasPrefix("cpu") {
            let words = line.split(separator: " ")
            let number = Int(words[0].dropFirst(3))
            guard processors.map({ wanted in number.map(wanted.contains) ?? false }) ?? (number == nil) else {
                continue
            }
            let numbers = words.dropFirst().prefix(8).compactMap { Int($0) }
            guard numbers.count == 8 else { return nil }
            found += 1
            sum.total += numbers.reduce(0, +)
            sum.idle += numbers[3] + numbers[4]
            sum.stolen += numbers[7]
        }
        guard found > 0 else { return nil }
        self = sum
    }
}

/// Pressure stall information (Documentation/accounting/psi.rst).
enum Pressure {
    /// Microseconds since boot in which something waited (`total` of the line `some`).
    static func total(_ text: String) -> Int? {
        guard let some = text.split(separator: "\n").first(where: { $0.hasPrefix("some ") }) else { return nil }
        return some.split(separator: " ").first { $0.hasPrefix("total=") }.flatMap { Int($0.dropFirst(6)) }
    }
}
