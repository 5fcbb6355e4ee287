import Glibc
import Linux

/// A program of the host started for a lane: standard output is the channel, standard input stays open while the
/// workload is to wait, standard error goes to the laboratory's scratch file.
///
/// `posix_spawn(3)` is `clone(CLONE_VM | CLONE_VFORK)` in glibc: its price does not grow with the harness's memory.
final class ChildProcess {
    let pid: Int32
    /// `HostClock` before and after the call that started it.
    let called: UInt64
    let returned: UInt64
    private(set) var output: Int32
    private var input: Int32
    private(set) var termination: Termination?
    /// When it was reaped.
    private(set) var reaped: UInt64?
    /// User and system time of the process and of its own reaped descendants (`wait4(2)`).
    private(set) var cpuNanoseconds: UInt64?

    /// - Parameters:
    ///   - program: a path, not searched for.
    ///   - keepsInput: standard input is a pipe held open until `closeInput`; else /dev/null.
    init(
        program: String, arguments: [String], environment: [String], complaints: Int32, keepsInput: Bool
    ) throws(SystemError) {
        let output = try Self.pipe()
        var input: (read: Int32, write: Int32) = (-1, -1)
        if keepsInput {
            do { input = try Self.pipe() } catch {
                Glibc.close(output.read)
                Glibc.close(output.write)
                throw error
            }
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if keepsInput {
            posix_spawn_file_actions_adddup2(&actions, input.read, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, output.write, 1)
        posix_spawn_file_actions_adddup2(&actions, complaints, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGINT, SIGTERM, SIGPIPE] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        // A group of its own: Ctrl-C reaches the harness, which lets the current sample end.
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))
        var pid: pid_t = 0
        var failure: Int32 = 0
        let vectors = CStrings(arguments)
        let variables = CStrings(environment)
        let start = HostClock.now()
        failure = posix_spawn(&pid, program, &actions, &attributes, vectors.pointers, variables.pointers)
        let end = HostClock.now()
        Glibc.close(output.write)
        if keepsInput { Glibc.close(input.read) }
        guard failure == 0 else {
            Glibc.close(output.read)
            if keepsInput { Glibc.close(input.write) }
            throw SystemError("posix_spawn", program, errno: failure)
        }
        self.pid = pid
        self.output = output.read
        self.input = input.write
        called = start
        returned = end
    }

    private static func pipe() throws(SystemError) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        try retryingOnInterrupt("pipe", "a sandbox's channel") { Glibc.pipe(&ends) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    func closeInput() {
        if input >= 0 { Glibc.close(input) }
        input = -1
    }

    func kill() {
        // The whole group: a runtime's command line has children of its own.
        if termination == nil, Glibc.kill(-pid, SIGKILL) != 0 { Glibc.kill(pid, SIGKILL) }
    }

    /// Reaps the process if it ends before `deadline`.
    func wait(until deadline: UInt64) -> Termination? {
        if let termination { return termination }
        while true {
            var status: Int32 = 0
            var usage = rusage()
            let result = wait4(pid, &status, WNOHANG, &usage)
            let now = HostClock.now()
            if result == pid {
                reaped = now
                cpuNanoseconds = usage.nanoseconds
                let signal = status & 0x7f
                termination = signal == 0 ? .exited(status: (status >> 8) & 0xff) : .signalled(number: signal)
                return termination
            }
            if result == -1 && errno != EINTR {
                reaped = now
                termination = .failed("the process was reaped by someone else")
                return termination
            }
            if now >= deadline { return nil }
            usleep(50)
        }
    }

    func close() {
        closeInput()
        if output >= 0 { Glibc.close(output) }
        output = -1
    }

    deinit {
        if termination == nil {
            kill()
            _ = wait(until: HostClock.now() + 1_000_000_000)
        }
        close()
    }
}

extension rusage {
    /// User and system time.
    var nanoseconds: UInt64 {
        func whole(_ time: timeval) -> UInt64 { UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_usec) * 1000 }
        return whole(ru_utime) + whole(ru_stime)
    }
}

/// A NULL-terminated array of C strings, alive as long as this object.
final class CStrings {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        pointers = .allocate(capacity: strings.count + 1)
        for (index, string) in strings.enumerated() { (pointers + index).initialize(to: strdup(string)) }
        (pointers + count).initialize(to: nil)
    }

    deinit {
        for index in 0..<count { free(pointers[index]) }
        pointers.deallocate()
    }
}
