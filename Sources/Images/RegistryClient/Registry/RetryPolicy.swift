import CCurl
import Glibc
import Linux

/// When a failed request is sent again, and after how long: exponential back-off with jitter, or the time the registry asks for.
package struct RetryPolicy: Equatable, Sendable {
    /// How often at most, the first time included.
    package var attempts = 6
    /// Seconds before the second attempt; doubled for each one after it.
    package var firstPause = 0.5
    /// Seconds at most between two attempts.
    package var longestPause = 20.0
    /// Seconds at most that a registry's `Retry-After` is heeded for; it asks for more: that is the end.
    package var longestWish = 180

    package init() {}

    /// Seconds before an attempt, counted from 1 for the second; `random` is from 0 to 1. From half of the back-off to all of
    /// it, so that many clients that failed together do not come back together.
    func pause(before retry: Int, random: Double) -> Double {
        let whole = min(longestPause, firstPause * Double(1 << min(retry - 1, 16)))
        return whole * (0.5 + random / 2)
    }

    /// Seconds until the next attempt; nil: there is to be none. Only what may succeed later is tried again: connections that
    /// broke, 408, 429 and 5xx; never another 4xx.
    func pause(after error: any Error, failures: Int, random: Double = .random(in: 0...1)) -> Double? {
        guard failures < attempts else { return nil }
        if let error = error as? TransportError, error.isTransient { return pause(before: failures, random: random) }
        if let error = error as? RegistryClientError, error.isTransient {
            guard let wish = error.retryAfter else { return pause(before: failures, random: random) }
            return wish <= longestWish ? Double(wish) + random : nil
        }
        return nil
    }

    /// The error that ends it all, with the time that the registry asks for, where that is why.
    func telling(_ error: any Error) -> any Error {
        guard let error = error as? RegistryClientError, error.isTransient, let wish = error.retryAfter,
            wish > longestWish
        else { return error }
        return error.advising(
            "it asks to wait \(wish) seconds, and \(longestWish) are waited at most: run the command again then")
    }

    /// Runs an idempotent request until it succeeds or is not worth another attempt.
    ///
    /// - Parameter onRetry: told of each failure that is tried again, with the pause in seconds.
    func run<Result>(
        for cancellation: Cancellation, onRetry: (any Error, Double) -> Void = { _, _ in }, _ body: () throws -> Result
    ) throws -> Result {
        var failures = 0
        while true {
            do { return try body() } catch {
                failures += 1
                guard !cancellation.isCancelled, let pause = pause(after: error, failures: failures) else {
                    throw telling(error)
                }
                onRetry(error, pause)
                guard cancellation.sleep(pause) else { throw error }
            }
        }
    }

    /// `Retry-After`: seconds, or a date (RFC 9110, 10.2.3); nil where it is neither.
    static func seconds(retryAfter text: String, now: Int = time(nil)) -> Int? {
        if !text.isEmpty, text.utf8.count <= 9, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            return Int(text)
        }
        let date = curl_getdate(text, nil)
        return date == -1 ? nil : max(0, date - now)
    }
}

extension Cancellation {
    /// Waits; false where it was cancelled meanwhile.
    func sleep(_ seconds: Double) -> Bool {
        let deadline = HostClock.now() + UInt64(max(0, seconds) * 1e9)
        while !isCancelled {
            let now = HostClock.now()
            guard now < deadline else { return true }
            usleep(UInt32(min(100_000, (deadline - now) / 1000 + 1)))
        }
        return false
    }
}
