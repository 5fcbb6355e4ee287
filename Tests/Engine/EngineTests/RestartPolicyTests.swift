import Testing

@testable import Engine

/// Whether a container runs again, and after how long.
struct RestartPolicyTests {
    @Test func isReadAsItIsWritten() throws {
        for text in ["no", "on-failure", "on-failure:3", "always", "unless-stopped"] {
            #expect(try RestartPolicy("--restart", text).text == text)
        }
        #expect(try RestartPolicy("--restart", "").kind == .no)
        for text in ["never", "always:3", "on-failure:", "on-failure:-1", "on-failure:x", "no:1", "on-failure:1:2"] {
            #expect(throws: OptionError.self, "\(text)") { try RestartPolicy("--restart", text) }
        }
    }

    /// The waits of Docker: from a tenth of a second, doubled up to a minute, and anew after a run that has lasted.
    @Test func waitsLongerEachTime() {
        let policy = RestartPolicy(.always)
        var delays: [Int64] = []
        var delay: Int64 = 0
        for _ in 0..<12 {
            delay = policy.delay(after: 1, lasted: 5, isStopped: false, restarts: 0, delay: delay) ?? -1
            delays.append(delay)
        }
        #expect(delays == [100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200, 60000, 60000])
        #expect(policy.delay(after: 0, lasted: 10_000, isStopped: false, restarts: 99, delay: 60_000) == 100)
        #expect(policy.delay(after: 0, lasted: 0, isStopped: false, restarts: 0, delay: .max) == 60_000)
    }

    @Test(
        arguments: [
            (.no, 0, 1, false, false), (.always, 0, 0, false, true), (.always, 0, 0, true, false),
            (.unlessStopped, 0, 3, false, true), (.unlessStopped, 0, 3, true, false), (.onFailure, 0, 0, false, false),
            (.onFailure, 0, 1, false, true), (.onFailure, 0, 137, true, false), (.onFailure, 5, 1, false, true),
            (.onFailure, 4, 1, false, false),
        ] as [(RestartPolicy.Kind, Int64, Int32, Bool, Bool)])
    func decides(kind: RestartPolicy.Kind, most: Int64, status: Int32, isStopped: Bool, runsAgain: Bool) {
        let policy = RestartPolicy(kind, most: most)
        let delay = policy.delay(after: status, lasted: 1, isStopped: isStopped, restarts: 4, delay: 0)
        #expect((delay != nil) == runsAgain)
    }

    /// After a host's end, or a keeper's.
    @Test func recovers() {
        #expect(RestartPolicy(.always).recovers(wasRunning: false, isStopped: false, restarts: 0))
        #expect(!RestartPolicy(.always).recovers(wasRunning: true, isStopped: true, restarts: 0))
        #expect(!RestartPolicy(.no).recovers(wasRunning: true, isStopped: false, restarts: 0))
        #expect(RestartPolicy(.onFailure, most: 2).recovers(wasRunning: true, isStopped: false, restarts: 1))
        #expect(!RestartPolicy(.onFailure, most: 2).recovers(wasRunning: true, isStopped: false, restarts: 2))
        #expect(!RestartPolicy(.onFailure).recovers(wasRunning: false, isStopped: false, restarts: 0))
    }
}
