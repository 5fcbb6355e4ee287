import CLinux
import Glibc

/// A list of steps laid out as C memory, ready to be walked by a child that shares the parent's memory.
///
/// Building it is the last moment at which anything is allocated. It belongs to one launch at a time.
package final class ChildProgram {
    package let steps: [ChildStep]
    /// Every allocation that the steps point into.
    var allocations: [UnsafeMutableRawPointer] = []
    /// What a successor keeps, where there is one; and whether it is being filled.
    let kept: KeptMemory?
    private(set) var isForSuccessor = false
    /// What becomes the program's HOME, where a step looks for it.
    private(set) var home: UnsafeMutablePointer<UInt8>?
    /// Of the longest path and the name before it.
    static let homeSize = 4096 + 8
    private let child: UnsafeMutablePointer<isolab_child>
    private let joinNames: [String]
    /// What the steps ask of their launcher.
    private let stages: [LauncherStage]
    private let outlives: Bool
    private let succeeds: Bool

    /// CLONE_VFORK.
    private static let suspendParent: UInt64 = 0x4000

    /// A device number as `mknod(2)` takes it.
    private static func device(_ major: UInt32, _ minor: UInt32) -> UInt64 {
        UInt64((major & 0xfff) << 8 | minor & 0xff | (minor & ~0xff) << 12)
    }

    /// What only the moment of launching knows: descriptors, borrowed for the launch.
    package struct Inputs {
        /// Open `tasks` files of v1 cgroups.
        package var cgroupTasks: [Int32] = []
        /// The streams 0, 1 and 2; −1 leaves the parent's.
        package var streams: [Int32] = [-1, -1, -1]
        /// A pidfd of the launcher.
        package var launcher: Int32 = -1
        /// The FIFO whose byte lets a created container start, and the one its failure is written to.
        package var startFIFO: Int32 = -1
        package var reportFIFO: Int32 = -1
        /// The successor's end of a pair of sockets, by which it says that it is there.
        package var publication: Int32 = -1
        /// A connected UNIX socket that a terminal's master goes to.
        package var consoleSocket: Int32 = -1
        /// Trees of the host that are attached nowhere yet.
        package var trees: [Int32] = []
        /// The root that a joining process changes into.
        package var root: Int32 = -1
        /// The namespaces to join, by their source.
        package var namespaces: [(source: NamespaceSource, descriptor: Int32)] = []
        /// Namespaces that the child is born in, in the order in which they are joined; with what an error calls each.
        package var joins: [(descriptor: Int32, namespaces: Namespaces, name: String)] = []

        package init() {}

        /// Those that a step still needs when the child is in its cgroups.
        var descriptors: [Int32] {
            streams + [launcher, startFIFO, reportFIFO, publication, consoleSocket, root] + trees
                + namespaces.map(\.descriptor)
        }

        package init(cgroupTasks: [Int32] = [], streams: [Int32] = [-1, -1, -1]) {
            self.cgroupTasks = cgroupTasks
            self.streams = streams
        }
    }

    /// - Parameter name: what the child is called on its way to its program; nil: as its launcher.
    package init(_ steps: [ChildStep], inputs: Inputs, name: String? = nil) {
        self.steps = steps
        stages = steps.compactMap { if case .awaitLauncher(let stage) = $0 { stage } else { nil } }
        outlives = steps.contains(.handOver)
        succeeds = steps.contains { $0.isSucceed }
        joinNames = inputs.joins.map { "\($0.namespaces) of \($0.name)" }
        let split = steps.firstIndex { $0.isSucceed || $0 == .handOver }.map { $0 + 1 } ?? steps.count
        let kept = split < steps.count ? KeptMemory() : nil
        self.kept = kept
        child =
            kept?.reserve(MemoryLayout<isolab_child>.size).bindMemory(to: isolab_child.self, capacity: 1)
            ?? .allocate(capacity: 1)
        child.initialize(to: isolab_child())
        // Copying a tree goes down directory by directory, each with a buffer.
        let copies = steps.contains { if case .copyUp = $0 { true } else { false } }
        let stackSize = (copies ? 1024 : 64) * 1024
        let stack = Self.stack(stackSize, in: outlives ? kept : nil)
        if kept == nil || !outlives { allocations.append(stack) }
        isForSuccessor = kept != nil
        if steps.contains(where: { if case .findHome = $0 { true } else { false } }) { home = layHome() }
        isForSuccessor = false
        child.pointee.steps = lay(steps[..<split], inputs)
        child.pointee.count = UInt64(split)
        if split < steps.count { layForSuccessor(steps[split...], inputs) }
        child.pointee.stamps = reserve(UInt64.self, steps.count)
        child.pointee.stack = stack
        child.pointee.stack_size = UInt64(stackSize)
        child.pointee.cgroup = -1
        if let name {
            withUnsafeMutableBytes(of: &child.pointee.name) { place in
                for (index, byte) in name.utf8.prefix(place.count - 1).enumerated() { place[index] = byte }
            }
        }
        child.pointee.failed = -1
        child.pointee.report = inputs.reportFIFO
        let joins = reserve(isolab_join.self, inputs.joins.count)
        for (index, join) in inputs.joins.enumerated() {
            joins[index] = isolab_join(
                descriptor: join.descriptor, namespace: UInt32(truncatingIfNeeded: join.namespaces.rawValue))
        }
        child.pointee.joins = UnsafePointer(joins)
        child.pointee.join_count = UInt64(inputs.joins.count)
    }

    private static func stack(_ size: Int, in kept: KeptMemory?) -> UnsafeMutableRawPointer {
        kept?.reserve(size) ?? UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
    }

    private func layHome() -> UnsafeMutablePointer<UInt8> {
        let entry = reserve(UInt8.self, Self.homeSize)
        for (index, byte) in Array("HOME=/\0".utf8).enumerated() { entry[index] = byte }
        return entry
    }

    private func lay(_ steps: ArraySlice<ChildStep>, _ inputs: Inputs) -> UnsafePointer<isolab_step> {
        let array = reserve(isolab_step.self, steps.count)
        for (index, step) in steps.enumerated() { array[index] = lay(step, inputs) }
        return UnsafePointer(array)
    }

    private func layForSuccessor(_ steps: ArraySlice<ChildStep>, _ inputs: Inputs) {
        isForSuccessor = true
        let stackSize = 64 * 1024
        child.pointee.later_steps = lay(steps, inputs)
        child.pointee.later_count = UInt64(steps.count)
        let stack = UnsafeMutableRawPointer(reserve(UInt8.self, stackSize))
        if outlives {
            child.pointee.leaving_stack = stack
            child.pointee.leaving_stack_size = UInt64(stackSize)
        } else {
            child.pointee.later_stack = stack
            child.pointee.later_stack_size = UInt64(stackSize)
        }
        // Room for the one that this may take itself.
        let copy = reserve(isolab_range.self, (kept?.ranges.count ?? 0) + 1)
        let ranges = kept?.ranges ?? []
        isForSuccessor = false
        for (index, range) in ranges.enumerated() { copy[index] = range }
        child.pointee.kept = UnsafePointer(copy)
        child.pointee.kept_count = UInt64(ranges.count)
    }

    deinit {
        for allocation in allocations { allocation.deallocate() }
        if kept == nil { child.deallocate() }
    }

    /// The stamps of a child that has been made: its first instruction, and the end of each step.
    package var began: UInt64 { child.pointee.began }

    package func stamp(_ index: Int) -> UInt64 { child.pointee.stamps[index] }

    /// The step that failed and its errno, where one did.
    var failure: SystemError? {
        let index = Int(child.pointee.failed)
        guard index >= 0 else { return nil }
        let step = steps[index]
        if case .hook(let hook) = step {
            return HookFailure(kind: hook.kind, path: hook.path, timeout: hook.timeout).error(
                errno: child.pointee.error, status: child.pointee.hook_status, said: said)
        }
        return ChildFailure.error(
            step.operation, step.object, errno: child.pointee.error,
            stage: "step \(index + 1) of \(steps.count), \(step.name)")
    }

    /// What the last hook has said.
    private var said: [UInt8] {
        let length = min(Int(child.pointee.said_length), Int(ISOLAB_SAID_SIZE))
        return withUnsafeBytes(of: &child.pointee.said) { Array($0.prefix(length)) }
    }

    /// Whether it waits for its launcher anywhere: it then walks beside it.
    package var hasStages: Bool { !stages.isEmpty }

    /// Whether the score by which the kernel chooses whom to kill might not be set.
    package var declinesMemoryScore: Bool { child.pointee.declined != 0 }

    /// The descriptor of the seccomp listener, as the child numbers it.
    package var listener: Int32 { child.pointee.listener }

    /// Makes the child and waits until it runs its program, waits for its start by itself, or has failed.
    ///
    /// - Parameters:
    ///   - namespaces: those `clone3` makes.
    ///   - cgroup: the descriptor of a cgroup v2 directory to be born in, or −1.
    ///   - atStage: what the parent does when the child stands at a stage; with any the parent is not suspended by
    ///     CLONE_VFORK. An error lets the child go without running.
    ///   - besideIt: what the parent does while the child walks; an error lets the child go without running. For plans with
    ///     stages.
    ///   - isPlain: a process of which nothing has to be known but that it runs its program (`stamp` tells no times, and the
    ///     descriptor is −1): what else costs time is left out. For plans without stages and successors.
    ///   - givesUp: asked ten times a second, while the child walks, whether it is given up: what it does may take as long as others
    ///     like, such as a look at a file system that they serve. Must allocate nothing.
    /// - Returns: the process's number and a descriptor of it, which the caller owns. After `.succeed` they are those of
    ///   the successor, of whose steps only the report tells.
    package func start(
        namespaces: Namespaces, cgroup: Int32, atStage: ((LauncherStage, Int32) throws(SystemError) -> Void)? = nil,
        besideIt: ((Int32) throws(SystemError) -> Void)? = nil, isPlain: Bool = false, givesUp: (() -> Bool)? = nil
    ) throws(SystemError) -> (pid: Int32, pidfd: Int32) {
        var stages = self.stages[...]
        let isSuspending = stages.isEmpty && !outlives && givesUp == nil
        child.pointee.flags = namespaces.rawValue | (isSuspending ? Self.suspendParent : 0)
        child.pointee.is_plain = isPlain && isSuspending && kept == nil && child.pointee.join_count == 0 ? 1 : 0
        child.pointee.cgroup = cgroup
        // What one launch leaves to its successor, another would take from it.
        let isExclusive = succeeds
        if isExclusive { isolab_marks_acquire() }
        defer {
            if isExclusive {
                isolab_child_take_back()
                isolab_marks_release()
            }
        }
        let error = isolab_child_start(child)
        guard error == 0 else {
            let join = Int(child.pointee.failed_join)
            if join >= 0 {
                throw SystemError("setns", joinNames[join], errno: error, stage: "namespaces to be born in")
            }
            throw SystemError(
                "clone3", namespaces.description, errno: error, stage: "clone3",
                advice: error == EPERM ? "namespaces need root, or unprivileged user namespaces" : nil)
        }
        let pid = child.pointee.pid
        var refusal: SystemError?
        func refuse(_ error: SystemError) {
            refusal = error
            stages = []
            isolab_child_open_gate(child, ISOLAB_GIVE_UP)
        }
        do throws(SystemError) { try besideIt?(pid) } catch { refuse(error) }
        var word: UInt32 = 1
        while true {
            // A child under a filter may not be able to wake anybody: its word is looked at instead.
            let silent = stages.first?.isSilent ?? false
            let known = word
            repeat {
                word = silent ? isolab_child_poll(child, known) : isolab_child_await(child, known)
                if word == UInt32(ISOLAB_UNDER_WAY), givesUp?() == true {
                    giveUp()
                    throw SystemError("launch", "process \(pid)", errno: 0, advice: "it was given up")
                }
            } while word == UInt32(ISOLAB_UNDER_WAY)
            guard word >= UInt32(ISOLAB_AT_GATE), word < UInt32(ISOLAB_HANDED_OVER), let stage = stages.popFirst()
            else { break }
            do throws(SystemError) {
                try atStage?(stage, pid)
                isolab_child_open_gate(child, stage.rawValue)
            } catch { refuse(error) }
        }
        if word == UInt32(ISOLAB_HANDED_OVER) {
            // The child walks on in this memory, and nobody will say when it is done with it.
            _ = Unmanaged.passRetained(self)
            WaitingChild.note(child)
            return (pid, child.pointee.pidfd)
        }
        if let failure = refusal ?? self.failure {
            // Its filter may not let it end by itself.
            isolab_pidfd_send_signal(child.pointee.pidfd, SIGKILL)
            Glibc.close(child.pointee.pidfd)
            _ = try? ProcessExit.wait(for: pid)
            throw failure
        }
        let successor = child.pointee.successor
        if successor > 0 {
            Glibc.close(child.pointee.pidfd)
            _ = try ProcessExit.wait(for: pid)
            // A child of ours that nobody has reaped: the number is its own.
            let descriptor = isolab_pidfd_open(successor)
            guard descriptor >= 0 else { throw SystemError("pidfd_open", "process \(successor)") }
            return (successor, descriptor)
        }
        if let index = steps.indices.prefix(Int(child.pointee.count)).dropLast().first(where: {
            child.pointee.stamps[$0] == 0
        }) {
            // It is gone, and not by a step that failed: somebody killed it, most likely the kernel.
            Glibc.close(child.pointee.pidfd)
            let ending = try ProcessExit.wait(for: pid).ending
            throw SystemError(
                "launch", "process \(pid): \(ending)", errno: 0,
                stage: "step \(index + 1) of \(steps.count), \(steps[index].name)",
                advice: "is the memory limit too small?")
        }
        return (pid, child.pointee.pidfd)
    }

    /// Ends a child that is under way. It may be out of SIGKILL's reach, in a call that waits for somebody else: then it is left to
    /// itself, with this memory.
    private func giveUp() {
        let process = RunningProcess(pid: child.pointee.pid, descriptor: OwnedDescriptor(owning: child.pointee.pidfd))
        process.end()
        if isolab_child_await(child, 1) != 0 { _ = Unmanaged.passRetained(self) }
        let successor = child.pointee.successor
        if successor > 0, let descriptor = Procfs.descriptor(of: successor) {
            RunningProcess(pid: successor, descriptor: descriptor).end()
        }
    }
}
