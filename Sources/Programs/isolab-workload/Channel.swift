import CWorkload
import Freestanding

/// Where the workload's lines go: standard output of a process, or the debug port of a guest.
///
/// Lines are gathered in one fixed buffer and leave in one write, so that saying something costs nothing while
/// something is timed.
struct Channel {
    /// QEMU's isa-debugcon: no driver, no interrupt, one instruction.
    static let debugPort: UInt16 = 0xe9

    let isGuest: Bool
    private var count = 0

    init(isGuest: Bool) { self.isGuest = isGuest }

    /// Appends a literal.
    mutating func text(_ literal: StaticString) {
        var index = 0
        while index < literal.utf8CodeUnitCount {
            byte(literal.utf8Start[index])
            index += 1
        }
    }

    /// Appends a C string from outside; a newline in it could forge a line and is said as `?`.
    mutating func text(outside string: UnsafePointer<CChar>) {
        var index = 0
        while string[index] != 0 {
            let value = UInt8(bitPattern: string[index])
            byte(value < 0x20 ? 0x3f : value)
            index += 1
        }
    }

    /// Appends a decimal number.
    mutating func decimal(_ number: UInt64) {
        if number >= 10 { decimal(number / 10) }
        byte(0x30 + UInt8(truncatingIfNeeded: number % 10))
    }

    mutating func decimal(_ number: Int) {
        if number < 0 { byte(0x2d) }
        decimal(UInt64(number.magnitude))
    }

    /// Appends a hexadecimal number of a fixed number of digits.
    mutating func hexadecimal(_ number: UInt64, digits: Int) {
        var shift = (digits - 1) * 4
        while shift >= 0 {
            let digit = UInt8(truncatingIfNeeded: (number >> UInt64(shift)) & 15)
            byte(digit < 10 ? 0x30 + digit : 0x57 + digit)
            shift -= 4
        }
    }

    mutating func byte(_ value: UInt8) {
        if count == isolab_channel_capacity { flush() }
        isolab_channel_buffer()[count] = value
        count += 1
    }

    /// Hands all lines over. Where the host no longer listens, there is nobody left to work for.
    ///
    /// - Parameter toDescriptor: where to, in a process.
    mutating func flush(toDescriptor descriptor: Int = 1) {
        let bytes = isolab_channel_buffer()
        if isGuest {
            isolab_out_bytes(Self.debugPort, bytes, count)
        } else if !writeAll(descriptor, bytes, count) {
            isolab_exit(74)
        }
        count = 0
    }
}

// MARK: - The protocol's lines (WorkloadMessage)

extension Channel {
    mutating func hello(_ arguments: borrowing Arguments) {
        text("hello 1 ")
        hexadecimal(arguments.nonce, digits: 16)
        text(" ")
        text(arguments.command.name)
        text("\n")
        flush()
    }

    mutating func proof(iterations: UInt32, state: UInt32) {
        text("proof ")
        decimal(UInt64(iterations))
        text(" ")
        hexadecimal(UInt64(state), digits: 8)
        text("\n")
    }

    /// An instant, and at once on its way: its ticks and its arrival are one event.
    mutating func mark(_ name: StaticString) {
        flush()
        text("mark ")
        text(name)
        text(" ")
        decimal(isolab_ticks())
        text("\n")
        flush()
    }

    mutating func value(_ metric: StaticString, _ unit: StaticString, _ number: UInt64) {
        text("value ")
        text(metric)
        text(" ")
        text(unit)
        text(" ")
        decimal(number)
        text("\n")
    }

    mutating func batch(_ call: StaticString, iterations: Int, ticks: UInt64) {
        text("batch ")
        text(call)
        text(" ")
        decimal(iterations)
        text(" ")
        decimal(ticks)
        text("\n")
    }

    /// - Parameter errno: positive.
    mutating func error(_ operation: StaticString, errno: Int, _ words: StaticString) {
        text("error ")
        text(operation)
        text(" ")
        decimal(errno)
        text(" ")
        text(words)
        text("\n")
    }

    mutating func done(_ status: Int32) {
        text("done ")
        decimal(Int(status))
        text("\n")
        flush()
    }
}

/// Writes every byte to a descriptor; false where that failed.
func writeAll(_ descriptor: Int, _ bytes: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    var sent = 0
    while sent < count {
        let result = systemCall(SystemCall.write, descriptor, Int(bitPattern: bytes + sent), count - sent)
        if result == -ErrorNumber.interrupted { continue }
        if result <= 0 { return false }
        sent += result
    }
    return true
}
