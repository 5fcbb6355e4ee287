import Glibc
import Linux

/// A workload's standard output, read as it comes.
enum DescriptorChannel {
    /// Reads what is there, or waits for it, for the end of the process, or for the deadline.
    ///
    /// - Parameter end: the process's pidfd: whoever else holds the channel open cannot keep the harness waiting.
    static func hear(
        _ channel: Int32, end: Int32, _ transcript: inout Transcript, until deadline: UInt64
    ) -> Hearing {
        guard channel >= 0 else { return .closed }
        var descriptors = [pollfd(fd: channel, events: Int16(POLLIN), revents: 0)]
        if end >= 0 { descriptors.append(pollfd(fd: end, events: Int16(POLLIN), revents: 0)) }
        let now = HostClock.now()
        let milliseconds = deadline > now ? Int32(min((deadline - now) / 1_000_000 + 1, 60_000)) : 0
        guard poll(&descriptors, nfds_t(descriptors.count), milliseconds) > 0 else { return .quiet }
        guard descriptors[0].revents != 0 else { return .closed }
        return withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 16) { buffer in
            let count = read(channel, buffer.baseAddress, buffer.count)
            let instant = HostClock.now()
            guard count > 0 else { return count == 0 ? .closed : .quiet }
            transcript.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: instant)
            return .heard
        }
    }
}
