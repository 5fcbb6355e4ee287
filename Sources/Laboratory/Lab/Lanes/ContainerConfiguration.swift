import Linux
import OCI
import Seccomp

/// The one container every container lane runs, isolab's own and other runtimes': Docker's defaults, with limits.
enum ContainerConfiguration {
    /// Bytes; far above what the workloads touch.
    static let memory: Int64 = 512 << 20
    /// As many processors as a single thread can never exhaust: the controller is on, the quota never bites.
    static let processors = 2.0
    static let processCount: Int64 = 256

    /// Which of Docker's protections a lane leaves out or adds.
    struct Choice: Equatable, Sendable {
        var seccomp = true
        var userNamespace = false
        /// Peers run from the image itself and must not write to it; isolab's own lanes have a layer to write to.
        var rootReadOnly = false
    }

    static func make(
        _ choice: Choice, arguments: [String], rootPath: String, cgroupPath: String?
    ) -> RuntimeConfiguration {
        RuntimeConfiguration.docker(
            arguments: arguments, rootPath: rootPath, rootReadOnly: choice.rootReadOnly, hostname: "isolab",
            cgroupPath: cgroupPath, memory: memory, processors: processors, processCount: processCount,
            userMappings: choice.userNamespace ? .contiguous(from: 100_000) : nil,
            seccomp: choice.seccomp ? SeccompProfile.docker() : nil)
    }

    /// What a lane of this choice isolates.
    static func isolation(_ choice: Choice = Choice()) -> [String] {
        IsolationPhrases.of(make(choice, arguments: ["/workload"], rootPath: "/", cgroupPath: "/lane"))
    }
}
