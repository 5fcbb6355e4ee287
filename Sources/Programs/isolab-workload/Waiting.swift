import CWorkload
import Freestanding

/// Says that it is ready and waits: in a guest for ever, in a process until standard input closes or SIGTERM comes.
///
/// SIGTERM is taken through a descriptor: as PID 1 of a pid namespace its default action would be nothing.
func waitUntilTold(_ channel: inout Channel) -> Int32 {
    if channel.isGuest {
        Guest.sayMemory(&channel)
        channel.mark("ready")
        while true { _ = systemCall(SystemCall.pause) }
    }
    var terminate: UInt64 = 1 << 14  // SIGTERM is 15
    let signals = withUnsafeMutablePointer(to: &terminate) { mask in
        _ = systemCall(SystemCall.setSignalMask, 0, Int(bitPattern: mask), 0, 8)
        return systemCall(SystemCall.signalfd, -1, Int(bitPattern: mask), 8, 0)
    }
    if signals < 0 { channel.error("signalfd", errno: -signals, "only the end of standard input ends the wait") }
    channel.mark("ready")
    var input = isolab_pollfd(descriptor: 0, events: 1, answered: 0)
    var told = isolab_pollfd(descriptor: Int32(signals < 0 ? -1 : signals), events: 1, answered: 0)
    var watched = (input, told)
    while true {
        let count = withUnsafeMutablePointer(to: &watched) {
            systemCall(SystemCall.poll, Int(bitPattern: $0), 2, -1)
        }
        if count == -ErrorNumber.interrupted { continue }
        if count < 0 {
            channel.error("poll", errno: -count, "cannot wait")
            return 1
        }
        (input, told) = watched
        if told.answered != 0 { return 0 }
        if input.answered != 0 {
            let result = systemCall(
                SystemCall.read, 0, Int(bitPattern: isolab_scratch()), isolab_scratch_capacity)
            if result <= 0, result != -ErrorNumber.interrupted, result != -ErrorNumber.tryAgain { return 0 }
        }
    }
}

/// Touches every page of so many MiB with content that no two pages share, so that neither the zero page nor KSM can
/// give any of it back. The mapping lives until the workload ends.
///
/// - Parameter place: the address that is wished for; 0 for none.
func touch(mebibytes: UInt64, at place: Int = 0, _ channel: inout Channel) -> Bool {
    let length = Int(mebibytes) << 20
    if length == 0 { return true }
    // PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS
    let address = systemCall(SystemCall.mmap, place, length, 3, 0x22, -1, 0)
    guard address > 0, let start = UnsafeMutableRawPointer(bitPattern: address) else {
        channel.error("mmap", errno: -address, "cannot have that much memory")
        return false
    }
    var state: UInt64 = isolab_ticks() | 1
    var offset = 0
    while offset < length {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        start.storeBytes(of: state, toByteOffset: offset, as: UInt64.self)
        offset += 512
    }
    isolab_barrier()
    return true
}

/// Fixed work with a counter that proves it: millions of steps of the proof's generator.
func spin(millions: UInt64, _ channel: inout Channel) {
    channel.mark("begin")
    var state: UInt32 = 1
    var remaining = millions * 1_000_000
    while remaining > 0 {
        state ^= state << 13
        state ^= state >> 17
        state ^= state << 5
        remaining -= 1
    }
    channel.mark("end")
    channel.value("spin.steps", "1", millions * 1_000_000)
    channel.value("spin.state", "1", UInt64(state))
}

/// Sleeps, and says how long by its own clock: in a guest the proof that its timer rings. One that does not would sleep for ever.
func sleep(milliseconds: UInt64, _ channel: inout Channel) -> Int32 {
    channel.mark("begin")
    channel.flush()
    let begin = monotonicNanoseconds()
    var time = isolab_timespec(
        seconds: Int64(milliseconds / 1000), nanoseconds: Int64(milliseconds % 1000) * 1_000_000)
    var result = 0
    repeat {
        // What an interruption leaves is written where the wish stood.
        result = withUnsafeMutablePointer(to: &time) {
            systemCall(SystemCall.nanosleep, Int(bitPattern: $0), Int(bitPattern: $0))
        }
    } while result == -ErrorNumber.interrupted
    if result < 0 {
        channel.error("nanosleep", errno: -result, "cannot sleep")
        return 1
    }
    let end = monotonicNanoseconds()
    channel.mark("end")
    channel.value("sleep.slept", "ns", UInt64(max(0, end - begin)))
    return 0
}
