import BenchmarkSupport
import Glibc
import Linux

/// One command to time.
struct Lane {
    var name: String
    var program: String
    var arguments: [String]
    var environment: [String]

    /// Nanoseconds from the call to the end of the command.
    func time() throws -> UInt64 {
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDWR)
        let plan = ProcessPlan(program, arguments, environment: environment)
        let start = HostClock.now()
        let exit = try plan.spawn(StandardStreams(input: null.number, output: null.number, error: -1)).wait()
        let end = HostClock.now()
        guard exit.succeeded else { throw SystemError(name, "\(exit.ending)", errno: 0) }
        return end - start
    }
}
