import Glibc
public import Linux
import Synchronization

/// Does launch plans. One for a process is enough; it may be used from many threads at once.
public final class Launcher: Sendable {
    private let owner: OwnerRecord
    /// Of the whole process, as the names of its cgroups are.
    private static let counter = Atomic<Int>(0)

    /// Writes this process's owner record, under whose name everything it makes can be found if it dies.
    ///
    /// - Parameter stateDirectory: made where it is missing.
    public init(stateDirectory: String = StandardDirectories.state) throws(SystemError) {
        Dumps.forbid()
        owner = try OwnerRecord.create(in: stateDirectory)
    }

    deinit { owner.remove() }

    /// Starts a container; returns when its program runs (`execve` has been done).
    ///
    /// - Parameters:
    ///   - plan: for this host.
    ///   - streams: the descriptors that become its 0, 1 and 2; the caller's own where nil.
    ///   - identifier: part of the cgroup's name; unique by itself where not given.
    /// - Throws: what failed, on what, with errno and stage. Nothing is left behind then.
    public func launch(
        _ plan: LaunchPlan, streams: StandardStreams = StandardStreams(), identifier: String? = nil
    ) throws(SystemError) -> Container {
        var phases: [ContainerPhase] = []
        let number = Self.counter.add(1, ordering: .relaxed).newValue
        let name = "\(owner.prefix)-\(identifier ?? String(number))"
        if plan.usesMountPoint { try ensureMountPoint(plan.host.mountPoint) }

        var mark = HostClock.now()
        func end(_ phase: String) {
            let now = HostClock.now()
            phases.append(ContainerPhase(phase, .launcher, start: mark, end: now))
            mark = now
        }

        var cgroup: Cgroup?
        if let limits = plan.limits {
            let cgroupPlan = CgroupPlan(
                name: name, limits: limits, layout: plan.host.cgroups,
                delegated: !plan.host.privileged || plan.host.inUserNamespace)
            cgroup = try Cgroup.create(cgroupPlan)
            end("cgroup")
        }
        do throws(SystemError) {
            let entry = try cgroup?.openEntry() ?? CgroupEntry.none
            let descriptors = try LaunchDescriptors(plan)
            var inputs = ChildProgram.Inputs(cgroupTasks: entry.taskFiles, streams: streams.numbers)
            inputs.namespaces = descriptors.namespaces
            inputs.trees = descriptors.trees
            let program = ChildProgram(plan.steps, inputs: inputs)
            end("lay out")
            let child = try program.start(namespaces: plan.namespaces, cgroup: entry.unified) {
                (stage: LauncherStage, pid: Int32) throws(SystemError) in
                if stage == .identityMaps { try plan.identityMaps?.write(for: pid) }
            }
            _ = consume descriptors
            let pidfd = OwnedDescriptor(owning: child.pidfd)
            phases += program.phases(from: mark, to: HostClock.now())
            if let adjustment = plan.outOfMemoryScoreAdjustment {
                // A program that has already ended is no error.
                try? SystemFile.write("\(adjustment)", to: "/proc/\(child.pid)/oom_score_adj")
            }
            return Container(name: name, pid: child.pid, descriptor: pidfd, cgroup: cgroup, phases: phases)
        } catch {
            try? cgroup?.remove()
            throw error
        }
    }

    private func ensureMountPoint(_ path: String) throws(SystemError) {
        if access(path, F_OK) != 0 { try SystemFile.makeDirectories(path) }
    }
}

extension ChildProgram {
    /// clone3, then every step of the child, then the wait until the program runs.
    func phases(from start: UInt64, to end: UInt64) -> [ContainerPhase] {
        var phases = [ContainerPhase("clone3", .launcher, start: start, end: max(began, start))]
        var mark = began
        for (index, step) in steps.enumerated() {
            // execve does not come back to stamp its end: the launcher saw it.
            let stamped = stamp(index)
            let finish = stamped == 0 ? end : stamped
            phases.append(ContainerPhase(step.name, .child, start: mark, end: finish))
            mark = finish
        }
        return phases
    }
}

extension LaunchPlan {
    /// Whether the root is mounted on the host's shared empty directory.
    var usesMountPoint: Bool {
        steps.contains { step in
            switch step {
            case .mount(_, host.mountPoint, _, _, _), .mountOverlay(_, host.mountPoint, _): true
            default: false
            }
        }
    }
}
