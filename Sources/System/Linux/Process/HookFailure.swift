import Glibc

/// A hook that failed, in the same words whoever ran it: the runtime, the container's child, or that child without its launcher.
package struct HookFailure {
    /// `prestart`, `createRuntime`, …
    let kind: String
    let path: String
    /// Seconds; nil: it had no limit.
    let timeout: Int?

    package init(kind: String, path: String, timeout: Int?) {
        self.kind = kind
        self.path = path
        self.timeout = timeout
    }

    /// It has ended by itself, or by somebody's signal.
    ///
    /// - Parameter said: the last of what it wrote.
    package func ended(_ ending: ProcessExit.Ending, said: [UInt8]) -> SystemError {
        SystemError(operation, "\(path): \(ending)", errno: 0, advice: Self.words(said))
    }

    /// It took longer than it may, and was killed.
    package func timedOut() -> SystemError {
        SystemError(operation, "\(path): timed out after \(timeout ?? 0) s, and was killed", errno: 0)
    }

    /// It could not be begun.
    package func notStarted(_ number: Int32) -> SystemError { SystemError(operation, path, errno: number) }

    private var operation: String { "run \(kind) hook" }

    /// What a hook wrote, for its error; nil where that is nothing.
    private static func words(_ said: [UInt8]) -> String? {
        let lines = String(decoding: said, as: UTF8.self).parts(between: "\n").map { String($0).displayable() }
        return lines.isEmpty ? nil : "its output: \(lines.joined(separator: " / "))"
    }
}

extension HookFailure {
    /// What a child tells of a hook it ran.
    ///
    /// - Parameter status: as waitpid(2) packs it; 0 where the hook did not end.
    func error(errno number: Int32, status: Int32, said: [UInt8]) -> SystemError {
        guard status == 0 else {
            let signal = status & 0x7F
            return ended(
                signal == 0 ? .exited(status >> 8 & 0xFF) : .signalled(signal, coreDumped: status & 0x80 != 0),
                said: said)
        }
        return number == ETIMEDOUT ? timedOut() : notStarted(number)
    }
}
