import Glibc
package import Linux

/// The wait for what is bound to come. The limit is for a test that would hang, not a measure of anything.
package enum Eventually {
    /// - Parameters:
    ///   - what: what is waited for, for the error.
    ///   - pause: microseconds between two looks.
    package static func holds(
        _ what: @autoclosure () -> String, pause: UInt32 = 5000, _ condition: () throws -> Bool
    ) throws {
        guard try comes(pause: pause, condition) else { throw SystemError("wait until", what(), errno: ETIMEDOUT) }
    }

    /// The same, for whoever has more to say, or to do, where it does not come.
    ///
    /// - Returns: whether the condition came to hold.
    package static func comes(pause: UInt32 = 5000, _ condition: () throws -> Bool) rethrows -> Bool {
        let end = HostClock.now() + 60_000_000_000
        while try !condition() {
            guard HostClock.now() < end else { return false }
            usleep(pause)
        }
        return true
    }

    /// The port that a server chose, which was told to listen at port 0: what stands after `words`, an address and a colon in what it
    /// says. A port that was free a moment ago may be another's by now.
    package static func port(saidIn path: String, after words: String = "listening on ") throws -> UInt16 {
        var port: UInt16?
        var said = ""
        try holds("a server says its port: \(said)") {
            said = (try? SystemFile.read(path)) ?? ""
            // A line that is still being written would be a shorter number.
            let lines = said.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            port = lines.lazy.compactMap { number($0, after: words) }.first
            return port != nil
        }
        return port ?? 0
    }

    private static func number(_ line: Substring, after words: String) -> UInt16? {
        guard let place = line.firstRange(of: words) else { return nil }
        let address = line[place.upperBound...].prefix { ![" ", "\"", ",", "\\"].contains($0) }
        return address.split(separator: ":").last.flatMap { UInt16($0) }
    }
}
