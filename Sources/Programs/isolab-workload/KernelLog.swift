import CWorkload
import Freestanding

/// When the guest's kernel came to which point of its start, as its own log has it.
///
/// Read after the hello, so that no start-up time holds it. It parts the time before the hello for a reader; no comparison is made
/// of a guest's clock.
enum KernelLog {
    /// What a point's line begins with behind its time stamp, the first of such counting.
    private static func name(_ text: UnsafePointer<UInt8>, _ length: Int) -> StaticString? {
        if begins(text, length, "Memory: ") { return "boot.memory" }
        if begins(text, length, "smp: Brought up ") { return "boot.processors" }
        if begins(text, length, "Freeing unused kernel image (initmem)") { return "boot.initialised" }
        if begins(text, length, "Run ") { return "boot.run" }
        return nil
    }

    static func say(_ channel: inout Channel) {
        let capacity = 1 << 18
        // PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS
        let address = systemCall(SystemCall.mmap, 0, capacity, 3, 0x22, -1, 0)
        guard address > 0, let text = UnsafePointer<UInt8>(bitPattern: address) else { return }
        let length = systemCall(SystemCall.syslog, 3, address, capacity)  // SYSLOG_ACTION_READ_ALL
        var said: UInt8 = 0
        var start = 0
        while start < length {
            var end = start
            while end < length, text[end] != 0x0a { end += 1 }
            sayLine(text + start, end - start, &said, &channel)
            start = end + 1
        }
        _ = systemCall(SystemCall.munmap, address, capacity)
    }

    /// `<6>[    0.123456] Memory: …` (syslog(2), printk.time).
    private static func sayLine(
        _ line: UnsafePointer<UInt8>, _ length: Int, _ said: inout UInt8, _ channel: inout Channel
    ) {
        var place = 0
        while place < length, line[place] != 0x5b { place += 1 }
        guard place < 4 else { return }
        place += 1
        while place < length, line[place] == 0x20 { place += 1 }
        guard let seconds = number(line, length, &place), place < length, line[place] == 0x2e else { return }
        place += 1
        let digits = place
        guard let fraction = number(line, length, &place), place - digits == 6, place + 1 < length, line[place] == 0x5d,
            let name = name(line + place + 2, length - place - 2)
        else { return }
        // A later line of the same beginning is another affair. The names differ in their sixth letter.
        let bit: UInt8 = 1 << (name.utf8Start[5] & 7)
        if said & bit != 0 { return }
        said |= bit
        channel.value(name, "ns", (seconds &* 1_000_000 &+ fraction) &* 1000)
    }

    private static func number(_ text: UnsafePointer<UInt8>, _ length: Int, _ place: inout Int) -> UInt64? {
        let start = place
        var number: UInt64 = 0
        while place < length, text[place] >= 0x30, text[place] <= 0x39, place - start < 9 {
            number = number &* 10 &+ UInt64(text[place] - 0x30)
            place += 1
        }
        return place > start ? number : nil
    }

    private static func begins(_ text: UnsafePointer<UInt8>, _ length: Int, _ word: StaticString) -> Bool {
        guard length >= word.utf8CodeUnitCount else { return false }
        var place = 0
        while place < word.utf8CodeUnitCount {
            if text[place] != word.utf8Start[place] { return false }
            place += 1
        }
        return true
    }
}
