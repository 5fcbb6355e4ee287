/// A named instant of one sandbox on the host's `CLOCK_MONOTONIC_RAW`.
package struct Event: Codable, Equatable, Sendable {
    /// One of `EventName`, or a lane's own word for an instant only it has.
    package var name: String
    /// Nanoseconds after the sample's `launch` event, which is 0.
    package var nanoseconds: Int64

    package init(_ name: String, _ nanoseconds: Int64) {
        self.name = name
        self.nanoseconds = nanoseconds
    }
}

/// The events every lane has. Spans are pairs of them.
package enum EventName {
    /// The call that starts the sandbox; the origin of a sample's time.
    package static let launch = "launch"
    /// The first byte from the workload's main arrived at the host.
    package static let ready = "ready"
    /// The workload's last line arrived.
    package static let done = "done"
    /// The workload's end as every lane shows it alike from outside: its last line arrived; where it said none, the
    /// process was reaped or the guest's shutdown was seen.
    package static let exit = "exit"
    /// Everything that existed because of the sandbox is gone: process, cgroup, mount, namespace, domain.
    package static let released = "released"
}

/// A pair of events; every duration printed names its span.
package struct TimeSpan: Hashable, Codable, Sendable, CustomStringConvertible {
    package var from: String
    package var to: String

    package init(_ from: String, _ to: String) {
        self.from = from
        self.to = to
    }

    /// Launch call → first byte of the workload: the default span of start-up.
    package static let startup = TimeSpan(EventName.launch, EventName.ready)
    /// Exit → everything released.
    package static let teardown = TimeSpan(EventName.exit, EventName.released)
    /// Launch call → everything released: the whole life of a sandbox that does nothing.
    package static let life = TimeSpan(EventName.launch, EventName.released)

    /// `launch→ready`
    package var description: String { "\(from)→\(to)" }
}

/// A stretch of one sandbox's start or end, for the waterfall.
package struct Phase: Codable, Equatable, Sendable {
    /// What was done, in the lane's words: `overlay`, `pivot_root`, `libvirt`, `firmware`, `kernel`.
    package var name: String
    /// Who did it: `launcher`, `child`, `libvirt`, `qemu`, `guest kernel`, `workload`.
    package var actor: String
    /// Nanoseconds after the sample's `launch` event.
    package var start: Int64
    package var end: Int64
    /// How often a guest's processors came back to the host meanwhile, where KVM counts it.
    package var exits: Int64?

    package init(_ name: String, actor: String, start: Int64, end: Int64, exits: Int64? = nil) {
        self.name = name
        self.actor = actor
        self.start = start
        self.end = end
        self.exits = exits
    }
}

/// One figure of one sample.
package struct Measurement: Codable, Equatable, Sendable {
    /// A name of `Metric`, or `syscall.<name>`.
    package var metric: String
    /// The span of a duration, `launch→ready`; empty for what is not one.
    package var span: String
    /// `ns`, `us`, `ms`, `B`, `1`.
    package var unit: String
    package var value: Double
    /// Which batch of the sample it is, from 0, where a sample holds many (system calls); else 0.
    package var batch: Int

    package init(_ metric: String, span: String = "", unit: String, _ value: Double, batch: Int = 0) {
        self.metric = metric
        self.span = span
        self.unit = unit
        self.value = value
        self.batch = batch
    }
}

/// The metrics whose names several parts of isolab share.
package enum Metric {
    /// Start-up wall time, ms, span `launch→ready`.
    package static let startup = "startup"
    /// Teardown wall time, ms, span `exit→released`.
    package static let teardown = "teardown"
    /// CPU time of every process involved, user and system, VMM and helpers included, ms.
    package static let cpu = "cpu"
    /// Host memory lost for one more idle instance: slope of MemAvailable over N instances, B.
    package static let memorySlope = "memory.slope"
    /// What the kernel itself took for one more idle instance, B: the slope of unreclaimable slab, page tables, kernel stacks,
    /// per-CPU memory and what else vmalloc gave (/proc/meminfo) over N instances, together.
    package static let memoryKernel = "memory.kernel"
    /// What of the slope neither the processes nor the kernel account for, B an instance.
    package static let memoryUnexplained = "memory.unexplained"
    /// The parts of the kernel's.
    package static let memoryKernelParts = [
        "memory.kernel.slab", "memory.kernel.page_tables", "memory.kernel.stacks", "memory.kernel.percpu",
        "memory.kernel.vmalloc",
    ]
    /// Proportional set size of every process that exists because of the sandbox, B an instance.
    package static let memoryPSS = "memory.pss"
    /// Unique set size of the same, B an instance.
    package static let memoryUSS = "memory.uss"
    /// The charge of the sandbox's cgroup, B an instance.
    package static let memoryCgroup = "memory.cgroup"
    /// The host's MemAvailable after `batch` instances, B: the series behind the slope, not a distribution.
    package static let memoryAvailable = "memory.available"
    /// What the guest sees of its own memory, B.
    package static let guestTotal = "memory.guest.total"
    package static let guestAvailable = "memory.guest.available"
    /// Prefix of a system call's latency, ns a call, the clock's own cost subtracted.
    package static let syscallPrefix = "syscall."
}

/// One launch: its events, its figures, and whether it counts.
package struct Sample: Codable, Equatable, Sendable {
    /// Unique in its run, from 0, in the order of launching.
    package var id: Int
    /// `startup`, `memory`, `syscalls`.
    package var experiment: String
    /// From 0; warm-ups count from 0 too and carry `warmup`.
    package var block: Int
    /// Place inside the block's random order.
    package var order: Int
    package var lane: String
    package var workload: String
    /// The hidden second sample of the baseline lane in its block (A/A), the run's noise floor.
    package var twin: Bool
    /// Recorded, never counted.
    package var warmup: Bool
    /// How many instances were alive together (memory); 1 elsewhere.
    package var instances: Int
    package var admitted: Bool
    /// Why not, where not; empty otherwise.
    package var reason: String
    package var measurements: [Measurement]
    package var events: [Event]
    package var phases: [Phase]

    package init(
        id: Int, experiment: String, block: Int, order: Int, lane: String, workload: String, twin: Bool = false,
        warmup: Bool = false, instances: Int = 1, admitted: Bool, reason: String = "",
        measurements: [Measurement] = [], events: [Event] = [], phases: [Phase] = []
    ) {
        self.id = id
        self.experiment = experiment
        self.block = block
        self.order = order
        self.lane = lane
        self.workload = workload
        self.twin = twin
        self.warmup = warmup
        self.instances = instances
        self.admitted = admitted
        self.reason = reason
        self.measurements = measurements
        self.events = events
        self.phases = phases
    }
}

extension Sample {
    /// Why a launch is rejected that had not ended by its deadline.
    package static func deadlineReason(seconds: Double) -> String {
        "killed at its deadline of \(SampleTable.shortest(seconds)) s"
    }

    /// After how many seconds the launch was killed, where it was for taking too long and nothing of it had been seen: a value
    /// that is known to be at least that, not one that is absent.
    package var deadline: Double? {
        let prefix = "killed at its deadline of "
        guard !admitted, reason.hasPrefix(prefix), !events.contains(where: { $0.name == EventName.ready }) else {
            return nil
        }
        return Double(reason.dropFirst(prefix.count).prefix { $0 != " " })
    }
}
