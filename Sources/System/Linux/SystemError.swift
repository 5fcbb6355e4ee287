import Glibc

/// A system call that failed: what was attempted, on what, why, and at which stage of a larger plan.
///
/// Printed as one line: `operation object: reason (ERRNO) [stage]; advice`.
public struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The operation in the words of its man page, e.g. `mount` or `open`.
    public let operation: String
    /// What it was applied to: a path, a process, a name.
    public let object: String
    /// The error number the kernel gave (`errno(3)`); 0 where the failure is not the kernel's.
    public let errno: Int32
    /// The step of a plan during which it happened, where there is a plan.
    public let stage: String?
    /// What the user can do next, where isolab knows.
    public let advice: String?

    /// - Parameter errno: the calling thread's own where not given.
    public init(
        _ operation: String, _ object: String, errno: Int32? = nil, stage: String? = nil,
        advice: String? = nil
    ) {
        self.operation = operation
        self.object = object
        self.errno = errno ?? Glibc.errno
        self.stage = stage
        self.advice = advice
    }

    /// The same error with the step of the plan at which it happened.
    public func during(_ stage: String) -> SystemError {
        SystemError(operation, object, errno: errno, stage: stage, advice: advice)
    }

    public var description: String { text(reason: Self.message(errno)) }

    /// The same with other words for the error number.
    public func text(reason: String) -> String {
        var text = "\(operation) \(object)"
        if errno != 0 { text += ": \(reason) (errno \(errno))" }
        if let stage { text += " [at \(stage)]" }
        if let advice { text += "; \(advice)" }
        return text
    }

    /// The C library's words for an error number.
    public static func message(_ number: Int32) -> String {
        guard let text = strerror(number) else { return "error \(number)" }
        return String(cString: text)
    }
}

/// Runs a system call that answers −1 on failure, again when a signal interrupted it, and throws its error.
@discardableResult
public func retryingOnInterrupt<Result: FixedWidthInteger>(
    _ operation: @autoclosure () -> String, _ object: @autoclosure () -> String, _ call: () -> Result
) throws(SystemError) -> Result {
    while true {
        let result = call()
        if result != -1 { return result }
        let number = Glibc.errno
        if number == EINTR { continue }
        throw SystemError(operation(), object(), errno: number)
    }
}
