import Linux
import OCI

/// What a lane's sandboxes must be, so that their figures are figures of that lane.
///
/// Derived from the configuration that is handed to the kernel or the runtime; held against what was observed inside every
/// launch, and from outside once a block. A runtime that quietly runs the program as it is looks very fast.
struct DeclaredIsolation: Equatable, Sendable {
    enum Kernel: Equatable, Sendable {
        case host
        /// Another one; of this release where it is known beforehand.
        case own(release: String?)
    }

    var kernel = Kernel.host
    /// The namespaces of its own, as /proc/<pid>/ns names them; in all others it is where the harness is.
    var ownNamespaces: Set<String> = []
    /// Namespaces that may be either.
    var anyNamespaces: Set<String> = []
    /// Whether a seccomp filter is loaded; where not, the mode is the harness's own.
    var isFiltered = false
    /// Calls of `HarmlessCall` that its filter refuses, and with which errno.
    var refusedCalls: [String: Int] = [:]
    /// Whether it can gain no privileges by execve; where not, it is as with the harness. Nil where either will do.
    var noNewPrivileges: Bool? = false
    /// The most it can ever have; nil where that is for the runtime to choose.
    var bounding: CapabilitySet?
    /// What it can do at once; nil where that is for the runtime to choose.
    var effective: CapabilitySet?
    /// The memory its cgroup allows it, bytes; nil where none is asked for.
    var memoryLimit: UInt64?
    /// The processes and the processors' worth of time that it allows; nil where no limit is asked for.
    var processLimit: UInt64?
    var processors: Double?
    /// Whether not every device may be opened.
    var forbidsDevices = false
    /// Where a file system is mounted.
    var mountPoints: [String] = []
    /// Paths that something is mounted over, and those that are mounted to be read only; where the kernel has them at all.
    var maskedPaths: [String] = []
    var readOnlyPaths: [String] = []
    var hasOwnRoot = false
    var isRootReadOnly = false
    /// Whether its processes are in a cgroup apart from the harness's.
    var hasOwnCgroup = false
}

extension DeclaredIsolation {
    /// A plain process: everything is as with the harness.
    static func plainProcess(_ harness: ObservedIsolation) -> DeclaredIsolation {
        DeclaredIsolation(bounding: harness.bounding)
    }

    /// A guest: what its own kernel gives the one process in it is of no concern.
    static func guest(release: String?) -> DeclaredIsolation { DeclaredIsolation(kernel: .own(release: release)) }

    /// What a runtime configuration asks for.
    ///
    /// - Parameter harness: nobody gives a container more capabilities than are there to give.
    init(_ configuration: RuntimeConfiguration, _ harness: ObservedIsolation) {
        let kinds = (configuration.linux?.namespaces ?? []).filter { $0.path == nil }.map(\.kind.rawValue)
        ownNamespaces = Set(kinds.map { Self.namesInProc[$0] ?? $0 })
        isFiltered = configuration.linux?.seccomp != nil
        if let profile = configuration.linux?.seccomp { refusedCalls = Self.refused(profile) }
        noNewPrivileges = configuration.process?.noNewPrivileges == true
        if let capabilities = configuration.process?.capabilities {
            let asked = CapabilitySet.parse(capabilities.bounding).set
            bounding = harness.bounding.map { asked.intersection($0) } ?? asked
            if configuration.process?.user.uid == 0 {
                let now = CapabilitySet.parse(capabilities.effective).set
                effective = harness.bounding.map { now.intersection($0) } ?? now
            }
        }
        maskedPaths = configuration.linux?.maskedPaths ?? []
        readOnlyPaths = configuration.linux?.readonlyPaths ?? []
        hasOwnRoot = configuration.root != nil
        isRootReadOnly = configuration.root?.readonly == true
        let resources = configuration.linux?.resources
        memoryLimit = resources?.memory?.limit.flatMap { UInt64(exactly: $0) }
        processLimit = resources?.pids?.limit.flatMap { $0 > 0 ? UInt64($0) : nil }
        if let cpu = resources?.cpu, let quota = cpu.quota, quota > 0 {
            processors = Double(quota) / Double(cpu.period ?? 100_000)
        }
        forbidsDevices = resources?.devices.contains { !$0.allow } == true
        mountPoints = configuration.mounts.map(\.destination)
        hasOwnCgroup = resources?.memory != nil || resources?.cpu != nil || resources?.pids != nil
    }

    /// The calls that do nothing whoever makes them and that a profile refuses by an errno.
    private static func refused(_ profile: SeccompProfile) -> [String: Int] {
        guard profile.defaultAction == .errno else { return [:] }
        let errno = Int(profile.defaultErrorNumber ?? 1)
        let named = Set(profile.systemCalls.flatMap(\.names))
        return Dictionary(
            uniqueKeysWithValues: HarmlessCall.allCases.map(\.rawValue).filter { !named.contains($0) }.map {
                ($0, errno)
            })
    }

    /// The specification's names of namespaces that procfs names otherwise.
    private static let namesInProc = ["network": "net", "mount": "mnt"]
}
