/// What a cgroup has used and may use, at one instant.
///
/// Encoded, it has the form of runc's `events --stats` (its `data`), which engines read: the names in `CodingKeys` are theirs.
/// What a host does not count is absent.
public struct CgroupStatistics: Codable, Equatable, Sendable {
    public var cpu = Processor()
    public var cpuset = ProcessorSet()
    public var memory = Memory()
    public var processes = ProcessCount()
    public var blockIO = BlockIO()
    /// By page size, as in `2MB`.
    public var hugepages: [String: Hugepages] = [:]
    /// Resource director technology is not driven by isolab: always empty.
    public var intelRDT: [String: String] = [:]
    /// Interfaces are not the runtime's to make: always empty.
    public var networkInterfaces: [String] = []

    public init() {}

    private enum CodingKeys: String, CodingKey {
        case cpu, cpuset, memory
        case processes = "pids"
        case blockIO = "blkio"
        case hugepages = "hugetlb"
        case intelRDT = "intel_rdt"
        case networkInterfaces = "network_interfaces"
    }
}

extension CgroupStatistics {
    public struct Processor: Codable, Equatable, Sendable {
        public var usage = Usage()
        public var throttling = Throttling()
        public var pressure: Pressure?

        /// Nanoseconds.
        public struct Usage: Codable, Equatable, Sendable {
            public var total: UInt64 = 0
            public var system: UInt64 = 0
            public var user: UInt64 = 0
            /// v1 alone.
            public var perProcessor: [UInt64]?
            public var systemPerProcessor: [UInt64]?
            public var userPerProcessor: [UInt64]?

            private enum CodingKeys: String, CodingKey {
                case total, user
                case system = "kernel"
                case perProcessor = "percpu"
                case systemPerProcessor = "percpu_kernel"
                case userPerProcessor = "percpu_user"
            }
        }

        /// How often and how long the quota was used up.
        public struct Throttling: Codable, Equatable, Sendable {
            public var periods: UInt64 = 0
            public var throttledPeriods: UInt64 = 0
            /// Nanoseconds.
            public var throttledTime: UInt64 = 0
        }

        private enum CodingKeys: String, CodingKey {
            case usage, throttling
            case pressure = "psi"
        }
    }

    /// The processors and memory nodes in force.
    public struct ProcessorSet: Codable, Equatable, Sendable {
        public var processors: [UInt32]?
        public var memoryNodes: [UInt32]?
        // v1 alone: the rest of its files (cpuset(7)), 0 and 1 but for the last two.
        public var exclusiveProcessors: UInt64?
        public var exclusiveMemory: UInt64?
        public var memoryHardwall: UInt64?
        public var memoryMigration: UInt64?
        public var memorySpreadPage: UInt64?
        public var memorySpreadSlab: UInt64?
        public var loadBalance: UInt64?
        public var memoryPressure: UInt64?
        /// −1: the system's own.
        public var relaxDomainLevel: Int64?

        private enum CodingKeys: String, CodingKey {
            case processors = "cpus"
            case memoryNodes = "mems"
            case exclusiveProcessors = "cpu_exclusive"
            case exclusiveMemory = "mem_exclusive"
            case memoryHardwall = "mem_hardwall"
            case memoryMigration = "memory_migrate"
            case memorySpreadPage = "memory_spread_page"
            case memorySpreadSlab = "memory_spread_slab"
            case loadBalance = "sched_load_balance"
            case memoryPressure = "memory_pressure"
            case relaxDomainLevel = "sched_relax_domain_level"
        }
    }

    /// Bytes.
    public struct Memory: Codable, Equatable, Sendable {
        /// Of files.
        public var cache: UInt64?
        public var usage = Amount()
        /// Memory and swap together, on v2 too (runc adds them up).
        public var swap = Amount()
        public var kernel: Amount?
        public var kernelTCP: Amount?
        /// `memory.stat` as it is.
        public var raw: [String: UInt64] = [:]
        public var pressure: Pressure?

        public struct Amount: Codable, Equatable, Sendable {
            /// Without one: v1's largest number of whole pages, as the kernel says it; `UInt64.max` on v2.
            public var limit: UInt64 = .max
            public var usage: UInt64?
            public var maximum: UInt64?
            /// How often the limit was met.
            public var failures: UInt64 = 0

            private enum CodingKeys: String, CodingKey {
                case limit, usage
                case maximum = "max"
                case failures = "failcnt"
            }
        }

        private enum CodingKeys: String, CodingKey {
            case cache, usage, swap, kernel, kernelTCP, raw
            case pressure = "psi"
        }
    }

    public struct ProcessCount: Codable, Equatable, Sendable {
        public var current: UInt64?
        /// Absent where there is none.
        public var limit: UInt64?
    }

    public struct BlockIO: Codable, Equatable, Sendable {
        /// Bytes.
        public var serviceBytes: [Entry] = []
        /// Requests.
        public var serviced: [Entry] = []
        public var pressure: Pressure?

        public struct Entry: Codable, Equatable, Sendable {
            public var major: UInt64
            public var minor: UInt64
            /// `Read`, `Write`, …
            public var operation: String
            public var value: UInt64

            private enum CodingKeys: String, CodingKey {
                case major, minor, value
                case operation = "op"
            }
        }

        private enum CodingKeys: String, CodingKey {
            case serviceBytes = "ioServiceBytesRecursive"
            case serviced = "ioServicedRecursive"
            case pressure = "psi"
        }
    }

    /// Bytes.
    public struct Hugepages: Codable, Equatable, Sendable {
        public var usage: UInt64 = 0
        /// v1 alone.
        public var maximum: UInt64?
        public var failures: UInt64 = 0

        private enum CodingKeys: String, CodingKey {
            case usage
            case maximum = "max"
            case failures = "failcnt"
        }
    }

    /// How much time was lost waiting for a resource (Documentation/accounting/psi.rst).
    public struct Pressure: Codable, Equatable, Sendable {
        /// Some of the tasks waited.
        public var some: Stall?
        /// All of them did.
        public var full: Stall?

        public struct Stall: Codable, Equatable, Sendable {
            /// Per cent of the last 10, 60 and 300 seconds.
            public var avg10: Double
            public var avg60: Double
            public var avg300: Double
            /// Microseconds.
            public var total: UInt64
        }
    }
}
