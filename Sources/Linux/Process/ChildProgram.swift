import CLinux
import Glibc

/// A list of steps laid out as C memory, ready to be walked by a child that shares the parent's memory.
///
/// Building it is the last moment at which anything is allocated. It belongs to one launch at a time.
package final class ChildProgram {
    package let steps: [ChildStep]
    /// Every allocation that the steps point into.
    private var allocations: [UnsafeMutableRawPointer] = []
    private let child: UnsafeMutablePointer<isolab_child>
    private let stack: UnsafeMutableRawPointer
    private static let stackSize = 64 * 1024

    /// CLONE_VFORK.
    private static let suspendParent: UInt64 = 0x4000

    /// A device number as `mknod(2)` takes it.
    private static func device(_ major: UInt32, _ minor: UInt32) -> UInt64 {
        UInt64((major & 0xfff) << 8 | minor & 0xff | (minor & ~0xff) << 12)
    }

    /// What only the moment of launching knows.
    package struct Inputs {
        /// Open `tasks` files of v1 cgroups.
        package var cgroupTasks: [Int32]
        /// The streams 0, 1 and 2; −1 leaves the parent's.
        package var streams: [Int32]

        package init(cgroupTasks: [Int32] = [], streams: [Int32] = [-1, -1, -1]) {
            self.cgroupTasks = cgroupTasks
            self.streams = streams
        }
    }

    package init(_ steps: [ChildStep], inputs: Inputs) {
        self.steps = steps
        child = .allocate(capacity: 1)
        child.initialize(to: isolab_child())
        stack = .allocate(byteCount: Self.stackSize, alignment: 64)
        let array = reserve(isolab_step.self, steps.count)
        for (index, step) in steps.enumerated() { array[index] = lay(step, inputs) }
        child.pointee.steps = UnsafePointer(array)
        child.pointee.count = UInt64(steps.count)
        child.pointee.stamps = reserve(UInt64.self, steps.count)
        child.pointee.stack = stack
        child.pointee.stack_size = UInt64(Self.stackSize)
        child.pointee.cgroup = -1
        child.pointee.failed = -1
    }

    deinit {
        for allocation in allocations { allocation.deallocate() }
        stack.deallocate()
        child.deallocate()
    }

    /// The stamps of a child that has been made: its first instruction, and the end of each step.
    package var began: UInt64 { child.pointee.began }

    package func stamp(_ index: Int) -> UInt64 { child.pointee.stamps[index] }

    /// The step that failed and its errno, where one did.
    var failure: SystemError? {
        let index = Int(child.pointee.failed)
        guard index >= 0 else { return nil }
        let step = steps[index]
        return SystemError(
            step.operation, step.object, errno: child.pointee.error,
            stage: "step \(index + 1) of \(steps.count), \(step.name)")
    }

    /// Makes the child and waits until it runs its program or has failed.
    ///
    /// - Parameters:
    ///   - namespaces: those `clone3` makes.
    ///   - cgroup: the descriptor of a cgroup v2 directory to be born in, or −1.
    ///   - whileWaiting: what the parent does when the child stands at its gate (id maps); with it the parent is not
    ///     suspended by CLONE_VFORK. An error lets the child go without running.
    /// - Returns: the process's number and a descriptor of it, which the caller owns.
    package func start(
        namespaces: Namespaces, cgroup: Int32, whileWaiting: ((Int32) throws(SystemError) -> Void)? = nil
    ) throws(SystemError) -> (pid: Int32, pidfd: Int32) {
        child.pointee.flags = namespaces.rawValue | (whileWaiting == nil ? Self.suspendParent : 0)
        child.pointee.cgroup = cgroup
        let error = isolab_child_start(child)
        guard error == 0 else {
            throw SystemError(
                "clone3", namespaces.description, errno: error, stage: "clone3",
                advice: error == EPERM ? "namespaces need root, or unprivileged user namespaces" : nil)
        }
        let pid = child.pointee.pid
        var refusal: SystemError?
        if let whileWaiting {
            do throws(SystemError) { try whileWaiting(pid) } catch {
                refusal = error
                child.pointee.gate = 2
            }
            isolab_child_open_gate(child)
        }
        isolab_child_join(child)
        if let failure = refusal ?? self.failure {
            Glibc.close(child.pointee.pidfd)
            _ = try? ProcessExit.wait(for: pid)
            throw failure
        }
        return (pid, child.pointee.pidfd)
    }

    // MARK: - Laying out

    private func reserve<Element>(_ type: Element.Type, _ count: Int) -> UnsafeMutablePointer<Element> {
        let pointer = UnsafeMutablePointer<Element>.allocate(capacity: max(count, 1))
        allocations.append(UnsafeMutableRawPointer(pointer))
        return pointer
    }

    private func bytes(_ text: String) -> UnsafeMutablePointer<UInt8> {
        var text = text
        return text.withUTF8 { source in
            let copy = reserve(UInt8.self, source.count + 1)
            if let base = source.baseAddress { copy.update(from: base, count: source.count) }
            copy[source.count] = 0
            return copy
        }
    }

    private func word(_ pointer: UnsafeMutablePointer<some Any>) -> UInt64 { UInt64(UInt(bitPattern: pointer)) }

    private func text(_ text: String) -> UInt64 { word(bytes(text)) }

    private func optionalText(_ content: String) -> UInt64 { content.isEmpty ? 0 : text(content) }

    private func array<Element>(_ values: [Element]) -> UInt64 {
        let copy = reserve(Element.self, values.count)
        for (index, value) in values.enumerated() { (copy + index).initialize(to: value) }
        return word(copy)
    }

    /// A null-terminated array of C strings.
    private func strings(_ values: [String]) -> UInt64 { array(values.map(text) + [0]) }

    private func lay(_ step: ChildStep, _ inputs: Inputs) -> isolab_step {
        func make(
            _ operation: isolab_operation, _ a: UInt64 = 0, _ b: UInt64 = 0, _ c: UInt64 = 0, _ d: UInt64 = 0,
            _ e: UInt64 = 0
        ) -> isolab_step {
            isolab_step(operation: UInt64(operation.rawValue), a: a, b: b, c: c, d: d, e: e)
        }
        let recursive: UInt64 = 0x8000  // AT_RECURSIVE
        switch step {
        case .joinCgroups: return make(isolab_join_cgroups, array(inputs.cgroupTasks), UInt64(inputs.cgroupTasks.count))
        case .awaitIdentityMaps: return make(isolab_await_gate)
        case .unshare(let namespaces): return make(isolab_unshare, namespaces.rawValue)
        case .mount(let source, let target, let type, let flags, let data):
            return make(
                isolab_mount, optionalText(source), text(target), optionalText(type), flags.rawValue,
                optionalText(data))
        case .setMountAttributes(let path, let set, let clear, let deep):
            return make(isolab_set_attributes, text(path), set.rawValue, clear.rawValue, deep ? recursive : 0)
        case .cloneTree(let slot, let source, let deep):
            return make(isolab_clone_tree, UInt64(slot), text(source), deep ? recursive : 0)
        case .makeTree(let slot, let type, let options, let attributes):
            var pairs: [UInt64] = []
            for option in options.split(separator: ",") {
                let parts = option.split(separator: "=", maxSplits: 1)
                pairs += [text(String(parts[0])), parts.count > 1 ? text(String(parts[1])) : 0]
            }
            return make(isolab_make_tree, UInt64(slot), text(type), array(pairs + [0, 0]), attributes.rawValue)
        case .attachTree(let slot, let target): return make(isolab_attach_tree, UInt64(slot), text(target))
        case .bindFile(let slot, let target): return make(isolab_bind_file, UInt64(slot), text(target))
        case .detach(let path): return make(isolab_detach, text(path))
        case .pivotRoot(let path): return make(isolab_pivot_root, text(path))
        case .mask(let path): return make(isolab_mask, text(path))
        case .makeReadOnly(let path): return make(isolab_make_read_only, text(path))
        case .makeDirectory(let path, let mode): return make(isolab_make_directory, text(path), UInt64(mode))
        case .makeDevice(let path, let mode, let major, let minor, let user, let group):
            return make(
                isolab_make_device, text(path), UInt64(mode), Self.device(major, minor), UInt64(user), UInt64(group))
        case .makeLink(let target, let path): return make(isolab_make_link, text(target), text(path))
        case .writeFile(let path, let content):
            return make(isolab_write_file, text(path), text(content), UInt64(content.utf8.count))
        case .changeDirectory(let path): return make(isolab_change_directory, text(path))
        case .setHostName(let name): return make(isolab_set_host_name, text(name), UInt64(name.utf8.count))
        case .setDomainName(let name): return make(isolab_set_domain_name, text(name), UInt64(name.utf8.count))
        case .loopbackUp: return make(isolab_loopback_up)
        case .setLimit(let limit):
            return make(isolab_set_limit, UInt64(limit.resource.rawValue), limit.soft, limit.hard)
        case .setGroups(let primary, let additional):
            return make(
                isolab_set_groups, UInt64(primary), array(additional ?? []), UInt64(additional?.count ?? 0),
                additional == nil ? 1 : 0)
        case .setUser(let user): return make(isolab_set_user, UInt64(user))
        case .keepCapabilities: return make(isolab_keep_capabilities)
        case .limitBoundingSet(let set): return make(isolab_limit_bounding, set.rawValue)
        case .setCapabilities(let effective, let permitted, let inheritable):
            return make(isolab_set_capabilities, effective.rawValue, permitted.rawValue, inheritable.rawValue)
        case .setAmbientCapabilities(let set): return make(isolab_set_ambient, set.rawValue)
        case .noNewPrivileges: return make(isolab_no_new_privileges)
        case .seccomp(let instructions, let flags):
            // struct sock_fprog: a count of 16 bits, then the address, naturally aligned.
            let program = reserve(UInt64.self, 2)
            program[0] = UInt64(UInt16(clamping: instructions.count))
            program[1] = array(instructions)
            return make(isolab_seccomp, word(program), UInt64(flags))
        case .parentDeathSignal(let signal): return make(isolab_parent_death, UInt64(signal))
        case .newSession: return make(isolab_new_session)
        case .setFileModeMask(let mask): return make(isolab_set_mask, UInt64(mask))
        case .streams: return make(isolab_streams, array(inputs.streams))
        case .resetSignals: return make(isolab_reset_signals)
        case .closeOtherDescriptors: return make(isolab_close_on_exec)
        case .execute(let candidates, let arguments, let environment):
            return make(isolab_execute, strings(candidates), strings(arguments), strings(environment))
        }
    }
}
