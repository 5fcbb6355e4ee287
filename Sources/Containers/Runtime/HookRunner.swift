import Glibc
import Linux
import OCI

/// Runs the hooks that belong to the runtime's side (config.md, "POSIX-platform Hooks"): in its namespaces, with the
/// container's state on standard input.
enum HookRunner {
    /// In order, until one fails.
    static func run(
        _ hooks: [RuntimeConfiguration.Hook], _ kind: String, state: ContainerState
    ) throws(SystemError) {
        guard !hooks.isEmpty else { return }
        let input = state.json()
        for hook in hooks { try run(hook, kind, input) }
    }

    private static func run(_ hook: RuntimeConfiguration.Hook, _ kind: String, _ input: [UInt8]) throws(SystemError) {
        let stage = "hook \(kind)"
        let arguments = hook.arguments.isEmpty ? [hook.path] : hook.arguments
        var plan = ProcessPlan(hook.path, Array(arguments.dropFirst()), environment: hook.environment)
        plan.arguments[0] = arguments[0]
        let pipe = try Pipe()
        let process: RunningProcess
        do throws(SystemError) {
            process = try plan.spawn(StandardStreams(input: pipe.readEnd))
        } catch { throw error.during(stage) }
        pipe.closeReadEnd()
        // A hook that does not read must not stop us: SIGPIPE is ignored by the program, and the error is none.
        _ = try? SystemFile.write(input, to: pipe.writeEnd, hook.path)
        pipe.closeWriteEnd()
        if let timeout = hook.timeout {
            var end = pollfd(fd: process.pidfd, events: Int16(POLLIN), revents: 0)
            let ready = try retryingOnInterrupt("poll", hook.path) { poll(&end, 1, Int32(clamping: timeout * 1000)) }
            if ready == 0 {
                try process.kill()
                _ = try process.wait()
                throw SystemError(
                    "run hook", hook.path, errno: ETIMEDOUT, stage: stage, advice: "its limit is \(timeout) s")
            }
        }
        let ending = try process.wait().ending
        guard ending == .exited(0) else {
            throw SystemError("run hook", "\(hook.path): \(ending)", errno: 0, stage: stage)
        }
    }
}
