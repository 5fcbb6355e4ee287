internal import Glibc
internal import Linux

/// An ordinary child, by `posix_spawn(3)`.
enum ChildProcess {
    /// Starts a program (found in PATH where its name has no slash) with the three streams given; every other descriptor
    /// is closed by close-on-exec. Signals are unmasked and at their defaults.
    static func spawn(
        _ program: String, _ arguments: [String], input: Int32?, output: Int32?, errors: Int32?,
        directory: String? = nil, newSession: Bool = false
    ) throws(SystemError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (source, target) in [(input, Int32(0)), (output, 1), (errors, 2)] {
            if let source { posix_spawn_file_actions_adddup2(&actions, source, target) }
        }
        if let directory { posix_spawn_file_actions_addchdir_np(&actions, directory) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        let session: Int32 = newSession ? 0x80 : 0  // POSIX_SPAWN_SETSID
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF) | Int16(session))

        var words = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        let failure = posix_spawnp(&pid, program, &actions, &attributes, &words, environ)
        guard failure == 0 else {
            throw SystemError(
                "posix_spawn", program, errno: failure, advice: failure == ENOENT ? "install it" : nil)
        }
        return pid
    }
}
