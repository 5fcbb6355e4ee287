import Glibc
import Linux
import Testing

/// The instrument against the truth, as users run it.
struct SelfTestCommandTests {
    /// What is put in comes back, in a process and in daemons, and what must not count is refused. Beside hundreds of other tests
    /// no interval is held to its 95 %: that is for `isolab selftest` on a host at rest.
    @Test(.timeLimit(.minutes(10))) func native() throws {
        let place = try Place()
        let places = ["--state-directory", "\(place.path)/state", "--cache-directory", "\(place.path)/cache"]
        let result = try IsolabProgram.run(["selftest", "--tries", "3"] + places, in: place)
        let lines = result.output.split(separator: "\n").map(String.init)
        for (title, amount, unit) in [
            ("10 ms of start-up", 10, "ms"), ("5 ms of CPU ", 5, "ms"),
            ("5 ms of CPU in a daemon", 5, "ms"), ("5 MiB of memory ", 5, "MiB"),
            ("5 MiB of memory in a daemon", 5, "MiB"),
        ] as [(String, Double, String)] {
            let line = try #require(lines.first { $0.contains(title) }, "\(result.output)\(result.complaints)")
            let words = line.split(separator: " ").map(String.init)
            let place = try #require(words.lastIndex(of: unit), "\(line)")
            let came = try #require(Double(words[place - 1]), "\(line)")
            // The host's time and memory are everybody's: what other tests take and give back is in a start-up and in the slope, and
            // three tries do not average it away. CPU time is a process's own.
            #expect(abs(came - amount) <= (line.contains("CPU") ? amount / 10 : amount * 4), "\(line)")
        }
        // One of them needs a cgroup to stray into.
        #expect(lines.count { $0.hasPrefix("refused: ") } == (geteuid() == 0 ? 4 : 3), "\(result.output)")
        #expect(!result.output.contains("ADMITTED"))
        #expect([0, 1].contains(result.status), "\(result.complaints)")
    }

    /// Lanes that it cannot be put into are refused by name.
    @Test func refusals() throws {
        let place = try Place()
        for (lane, words) in [("vm", "not into guests"), ("nosuch", "nosuch")] {
            let result = try IsolabProgram.run(["selftest", "--lane", lane], in: place)
            #expect(result.status == 1 || result.status == 2)
            #expect(result.complaints.contains(words), "\(result.complaints)")
        }
        #expect(try IsolabProgram.run(["selftest", "--tries", "0"], in: place).status == 2)
    }
}
