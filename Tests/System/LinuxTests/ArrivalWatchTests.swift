import Glibc
import Linux
import Testing

/// The thread that sees first bytes.
@Suite struct ArrivalWatchTests {
    /// What has arrived is seen, not before it was sent and not after it was looked for; nothing is seen of what did not come, of what
    /// came after the watch was over, and of an earlier turn.
    @Test(.timeLimit(.minutes(1))) func seesArrivals() throws {
        let watch = try ArrivalWatch()
        let pipe = try Pipe()
        watch.arm(pipe.readEnd)
        usleep(20_000)
        #expect(watch.disarm() == nil)
        var seen: UInt64?
        // On a busy host a thread of the idle class may not run for long.
        for _ in 0..<200 {
            guard seen == nil else { break }
            watch.arm(pipe.readEnd)
            usleep(5_000)
            let sent = HostClock.now()
            #expect(write(pipe.writeEnd, "x", 1) == 1)
            usleep(5_000)
            let end = HostClock.now()
            seen = watch.disarm()
            if let seen { #expect(seen >= sent && seen <= end) }
            var byte: UInt8 = 0
            #expect(read(pipe.readEnd, &byte, 1) == 1)
        }
        #expect(watch.disarm() == nil)
        #expect(write(pipe.writeEnd, "x", 1) == 1)
        usleep(5_000)
        #expect(watch.disarm() == nil)
    }

    /// It can be ended while it looks, and many times over.
    @Test(.timeLimit(.minutes(1))) func ends() throws {
        let pipe = try Pipe()
        for turn in 0..<50 {
            let watch = try ArrivalWatch()
            if turn.isMultiple(of: 2) { watch.arm(pipe.readEnd) }
            if turn.isMultiple(of: 3) { _ = watch.disarm() }
        }
    }
}
