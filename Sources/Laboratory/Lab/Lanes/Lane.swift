import RunRecord

/// One configured way to isolate. Adding one is one file and one line in `LaneCatalogue.entries`.
///
/// Used from one thread: `availability`, once `prepare`, then any number of `launch`, at last `close`.
protocol Lane: AnyObject {
    var entry: LaneEntry { get }
    /// Whether it can run here; cheap, changes nothing.
    func availability() -> Availability
    /// Everything that is not measured: image, compiled plan, kernel, capabilities warmed. Untimed.
    ///
    /// - Returns: what the manifest says of the lane, with its exact configuration.
    func prepare() throws -> LaneRecord
    /// Starts one sandbox; its clock starts inside, at the call that starts it.
    func launch(_ request: LaunchRequest) throws -> any Sandbox
    /// The command that the workload's hello names for a request.
    func command(of request: LaunchRequest) -> String
    /// How long a launch may take where nobody says, seconds; known after `prepare`.
    var usualDeadlineSeconds: Int { get }
    /// What its sandboxes must be; known after `prepare`. Nil where nothing can tell from inside (a guest without a kernel).
    var declared: DeclaredIsolation? { get }
    /// Whether the workload writes into the harness's own pipe, or somebody copies its words on. Looked at from outside where it
    /// does: nobody can then say `hello` in its stead but by saying it twice.
    var handsOverChannel: Bool { get }
    /// Files that take part, by name, for the manifest's digests; known after `prepare`.
    var artefacts: [(name: String, path: String)] { get }
    /// Gives back what `prepare` took.
    func close()
}

extension Lane {
    var artefacts: [(name: String, path: String)] { [] }

    var handsOverChannel: Bool { true }

    var usualDeadlineSeconds: Int { 30 }

    func command(of request: LaunchRequest) -> String { request.command.first ?? "" }

    /// The record of a lane as far as it is known without preparing it.
    func record(_ availability: Availability) -> LaneRecord {
        LaneRecord(
            id: entry.id, title: entry.title, kind: entry.kind, role: entry.role, available: availability.isAvailable,
            reason: availability.reason, remedy: availability.remedy, isolation: entry.isolation)
    }
}

/// Whether a lane can run on this host; if not, why, and what would enable it.
struct Availability: Equatable, Sendable {
    var isAvailable: Bool
    var reason: String = ""
    var remedy: String = ""

    static let yes = Availability(isAvailable: true)

    static func no(_ reason: String, remedy: String = "") -> Availability {
        Availability(isAvailable: false, reason: reason, remedy: remedy)
    }
}

/// One launch, the same for every lane.
struct LaunchRequest: Equatable, Sendable {
    /// Unique on this host: names containers, domains and cgroups, and tells whose leftovers they are.
    var name: String
    var nonce: UInt64
    /// Steps of the proof of work.
    var work: UInt32
    /// The workload's command and its arguments, e.g. `["syscalls", "--batches", "20"]`.
    var command: [String]
    /// Whoever has not ended by then is killed: the harness keeps it for every lane.
    var deadlineSeconds = 30
    /// The workload waits until it is ended.
    var staysIdle: Bool = false
    /// A fresh cgroup around every process of the sandbox, where the lane makes none itself: memory is read there.
    var accounted: Bool = false
    /// Whether a guest's exits are counted, which takes a moment of its time: for a launch that is looked at, not for one that is
    /// measured.
    var countsExits: Bool = false
    /// What is put into it on purpose (`Injection`).
    var injection: [String] = []

    /// The arguments of `isolab-workload` after its own name.
    func arguments(guest: Bool = false) -> [String] {
        let digits = String(nonce, radix: 16)
        let padded = String(repeating: "0", count: 16 - digits.count) + digits
        return ["--nonce", padded, "--work", String(work)] + (guest ? ["--guest"] : []) + injection + command
    }
}

/// One running instance in a lane.
protocol Sandbox: AnyObject {
    /// `HostClock` at the call that started it.
    var launched: UInt64 { get }
    /// Takes what the workload said since, or waits for it until `deadline` (`HostClock`).
    func hear(_ transcript: inout Transcript, until deadline: UInt64) -> Hearing
    /// Waits for the end until `deadline` (`HostClock`), reaps, and says how it ended; `nil` when the time was up.
    func waitForEnd(until deadline: UInt64) -> Termination?
    /// Ends an idle workload the way it expects.
    func endIdle()
    /// Ends it whatever it does.
    func kill()
    /// Frees what is left of it: channel, cgroup, mounts, domain. Called once, after the end; stamps `released` when all of
    /// it is gone.
    func release() throws
    /// Absolute instants it knows: `ended`, its own sight of its end; `released`; and what only it has.
    var instants: [Instant] { get }
    /// Absolute stretches of its start and end.
    var stretches: [Stretch] { get }
    /// CPU time of every process involved, nanoseconds; known after `release`.
    var cpuNanoseconds: UInt64? { get }
    /// The harness's end of the channel, where it is a pipe; −1 where it is none, or closed.
    var channel: Int32 { get }
    /// Every process that exists because of it.
    var processes: [Int32] { get }
    /// The charge of its cgroup, bytes.
    var cgroupCharge: UInt64? { get }
    /// The directories of the memory cgroups whose charge that is; none where it has no account.
    var accounts: [String] { get }
    /// Those of its processes that must be in them: all but what sandboxes share.
    var accountable: [Int32] { get }
    /// Why it has no account though its lane should; nil where it has one, and where the host or the user cannot have any.
    var unaccounted: String? { get }
    /// Why it is not what it should be, as the host sees it; called once, when the workload has said its first words. Nil where it
    /// is, and where nothing can be seen that quickly (processes: see `IsolationWitness`).
    func outsideObjection() -> String?
}

extension Sandbox {
    var channel: Int32 { -1 }

    func outsideObjection() -> String? { nil }
    var accountable: [Int32] { processes }
    var unaccounted: String? { nil }
}

/// What listening to a sandbox came to.
enum Hearing: Equatable, Sendable {
    /// Something was said.
    case heard
    /// Nothing until the deadline, or a signal came.
    case quiet
    /// It will say no more.
    case closed
}

/// A named instant on `HostClock`, absolute.
struct Instant: Equatable, Sendable {
    var name: String
    var at: UInt64
}

/// A phase on `HostClock`, absolute.
struct Stretch: Equatable, Sendable {
    var name: String
    var actor: String
    var start: UInt64
    var end: UInt64
    /// How often a guest's processors came back to the host meanwhile.
    var exits: UInt64?
}
