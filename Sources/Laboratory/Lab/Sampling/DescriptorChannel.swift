import Glibc
import Linux

/// A workload's standard output, read as it comes.
enum DescriptorChannel {
    private static let hello = Array("hello ".utf8)

    /// Reads what is there, or waits for it, for the end of the process, or for the deadline.
    ///
    /// - Parameters:
    ///   - end: the process's pidfd: whoever else holds the channel open cannot keep the harness waiting.
    ///   - watch: what sees the first byte of all.
    static func hear(
        _ channel: Int32, end: Int32, _ transcript: inout Transcript, until deadline: UInt64, watch: ArrivalWatch?
    ) -> Hearing {
        guard channel >= 0 else { return .closed }
        var descriptors = [pollfd(fd: channel, events: Int16(POLLIN), revents: 0)]
        if end >= 0 { descriptors.append(pollfd(fd: end, events: Int16(POLLIN), revents: 0)) }
        let watch = transcript.ready == nil ? watch : nil
        watch?.arm(channel)
        let now = HostClock.now()
        let milliseconds = deadline > now ? Int32(min((deadline - now) / 1_000_000 + 1, 60_000)) : 0
        guard poll(&descriptors, nfds_t(descriptors.count), milliseconds) > 0 else { return .quiet }
        guard descriptors[0].revents != 0 else {
            watch?.disarm()
            return .closed
        }
        return withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 16) { buffer in
            let count = read(channel, buffer.baseAddress, buffer.count)
            let arrived = HostClock.now()
            let seen = watch?.disarm()
            guard count > 0 else { return count == 0 ? .closed : .quiet }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            // What was seen first was the hello's own first byte, and not somebody else's before it.
            let isHello = bytes.starts(with: hello)
            transcript.append(bytes, at: isHello ? min(arrived, seen ?? arrived) : arrived)
            return .heard
        }
    }
}
