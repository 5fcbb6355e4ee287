import Glibc
import Linux
import Testing

/// Other programs, run and read: absence, failure and a time-out are three answers.
@Suite struct HostProgramTests {
    /// Both streams are read however much there is of each. Naive: with pipes, the program waits for a reader of its errors.
    @Test func streams() throws {
        let script = "head -c 300000 /dev/zero >&2; tr a b"
        let answer = try HostProgram.run("sh", ["-c", script], input: Array("aha".utf8), seconds: 120)
        #expect(answer.status == 0 && answer.text == "bhb" && answer.errors.count == 300_000)
    }

    @Test func failure() throws {
        let answer = try HostProgram.run("sh", ["-c", "echo one >&2; echo two >&2; exit 3"])
        #expect(answer.status == 3 && answer.errorText == "one / two")
        #expect(try HostProgram.run("false", []).errorText == "exit status 1")
        #expect(try HostProgram.run("sh", ["-c", "kill -KILL $$"]).status == 128 + SIGKILL)
    }

    @Test func absence() throws {
        let error = #expect(throws: SystemError.self) { try HostProgram.run("no-such-program", []) }
        #expect(error?.errno == ENOENT)
        #expect(HostProgram.path(of: "no-such-program") == nil)
        #expect(HostProgram.path(of: "/etc/passwd") == nil && HostProgram.path(of: "/bin") == nil)
        #expect(HostProgram.path(of: "/bin/sh") == "/bin/sh")
    }

    /// What takes too long is killed, with its children. Naive: it is taken for absent, or its children go on.
    @Test func timeOut() throws {
        let error = #expect(throws: SystemError.self) {
            try HostProgram.run("sh", ["-c", "sleep 1234567 & wait"], group: .own, seconds: 1)
        }
        #expect(error?.errno == ETIMEDOUT && error?.object == "sh")
        var left = 1
        for _ in 0..<1000 {
            left = try SystemFile.names(in: "/proc").count {
                (try? SystemFile.read("/proc/\($0)/cmdline")) == "sleep\01234567\0"
            }
            guard left > 0 else { break }
            usleep(10_000)
        }
        #expect(left == 0)
    }
}
