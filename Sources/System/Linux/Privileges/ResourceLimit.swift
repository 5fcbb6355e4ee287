import Glibc

/// One resource limit of `prlimit(2)`.
public struct ResourceLimit: Equatable, Sendable, CustomStringConvertible {
    /// The resources, with the numbers of `<asm-generic/resource.h>` (the same on x86-64 and arm64).
    public enum Resource: Int32, Sendable, CaseIterable {
        case cpu, fileSize, data, stack, core, residentSet, processes, openFiles, lockedMemory, addressSpace, locks
        case pendingSignals, messageQueues, nice, realTimePriority, realTime

        /// `RLIMIT_NOFILE` and so on, as the OCI specification writes them.
        public var name: String { Self.names[Int(rawValue)] }

        public init?(named name: String) {
            guard let number = Self.names.firstIndex(of: name) else { return nil }
            self.init(rawValue: Int32(number))
        }

        private static let names = [
            "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_DATA", "RLIMIT_STACK", "RLIMIT_CORE", "RLIMIT_RSS", "RLIMIT_NPROC",
            "RLIMIT_NOFILE", "RLIMIT_MEMLOCK", "RLIMIT_AS", "RLIMIT_LOCKS", "RLIMIT_SIGPENDING", "RLIMIT_MSGQUEUE",
            "RLIMIT_NICE", "RLIMIT_RTPRIO", "RLIMIT_RTTIME",
        ]
    }

    public static let unlimited = UInt64.max

    public var resource: Resource
    public var soft: UInt64
    public var hard: UInt64

    public init(_ resource: Resource, soft: UInt64, hard: UInt64) {
        self.resource = resource
        self.soft = soft
        self.hard = hard
    }

    /// The calling process's own limit.
    public static func current(_ resource: Resource) -> ResourceLimit {
        var limit = rlimit()
        guard getrlimit(resource.rawValue, &limit) == 0 else {
            return ResourceLimit(resource, soft: unlimited, hard: unlimited)
        }
        return ResourceLimit(resource, soft: UInt64(limit.rlim_cur), hard: UInt64(limit.rlim_max))
    }

    /// The limit clipped to what may be set without CAP_SYS_RESOURCE: no more than the present hard limit.
    public func clipped(toHard ceiling: UInt64) -> ResourceLimit {
        ResourceLimit(resource, soft: min(soft, ceiling), hard: min(hard, ceiling))
    }

    public var description: String {
        func text(_ value: UInt64) -> String { value == Self.unlimited ? "unlimited" : String(value) }
        return "\(resource.name) \(text(soft)):\(text(hard))"
    }
}
