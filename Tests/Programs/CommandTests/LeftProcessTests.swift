import Glibc
import Linux
import Testing

/// A launch that leaves a process running is no launch that was released, however its runtime ended.
@Suite(.enabled(if: access("/usr/bin/bwrap", X_OK) == 0, "needs bubblewrap"))
struct LeftProcessTests {
    /// A runtime that leaves a daemon: refused with its name, and the daemon is gone. Without one it is admitted.
    @Test(.timeLimit(.minutes(2)), arguments: [true, false]) func daemon(leaves: Bool) throws {
        let place = try Place()
        try SystemFile.makeDirectories("\(place.path)/bin")
        let mark = "3\(UInt32.random(in: 100_000...999_999))"
        // Twice removed, in a session of its own, with nothing of its streams: as daemons are.
        let daemon =
            leaves
            ? "case \"$*\" in *--unshare-all*) (setsid sleep \(mark) </dev/null >/dev/null 2>&1 &) ;; esac\n" : ""
        _ = try place.write("#!/bin/sh\n\(daemon)exec /usr/bin/bwrap \"$@\"\n", to: "bin/bwrap")
        chmod("\(place.path)/bin/bwrap", 0o755)
        let options = "--state-directory $place/state --cache-directory $place/cache"
        let result = try IsolabProgram.shell("PATH=$place/bin:$PATH $isolab launch bwrap \(options)", in: place)
        if leaves {
            #expect(result.status == 1, "\(result.output)\(result.complaints)")
            #expect((result.output + result.complaints).contains("it left processes behind: sleep"))
        } else {
            #expect(result.status == 0, "\(result.output)\(result.complaints)")
        }
        let sleeping = try Procfs.processes().filter {
            String(decoding: (try? SystemFile.bytes(of: "/proc/\($0)/cmdline")) ?? [], as: UTF8.self).contains(mark)
        }
        for pid in sleeping { kill(pid, SIGKILL) }
        #expect(sleeping == [])
    }
}
