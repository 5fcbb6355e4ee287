import CLinux
import Glibc

/// How steps become C memory: each operand is copied into an allocation that lives as long as the program.
extension ChildProgram {
    /// A device number as `mknod(2)` takes it.
    private static func device(_ major: UInt32, _ minor: UInt32) -> UInt64 {
        UInt64((major & 0xfff) << 8 | minor & 0xff | (minor & ~0xff) << 12)
    }

    func reserve<Element>(_ type: Element.Type, _ count: Int) -> UnsafeMutablePointer<Element> {
        if isForSuccessor, let kept {
            let size = MemoryLayout<Element>.stride * max(count, 1)
            return kept.reserve(size).bindMemory(to: type, capacity: max(count, 1))
        }
        let pointer = UnsafeMutablePointer<Element>.allocate(capacity: max(count, 1))
        allocations.append(UnsafeMutableRawPointer(pointer))
        return pointer
    }

    func bytes(_ text: String) -> UnsafeMutablePointer<UInt8> {
        var text = text
        return text.withUTF8 { source in
            let copy = reserve(UInt8.self, source.count + 1)
            if let base = source.baseAddress { copy.update(from: base, count: source.count) }
            copy[source.count] = 0
            return copy
        }
    }

    func word(_ pointer: UnsafeMutablePointer<some Any>) -> UInt64 { UInt64(UInt(bitPattern: pointer)) }

    func text(_ text: String) -> UInt64 { word(bytes(text)) }

    func optionalText(_ content: String) -> UInt64 { content.isEmpty ? 0 : text(content) }

    func array<Element>(_ values: [Element]) -> UInt64 {
        let copy = reserve(Element.self, values.count)
        for (index, value) in values.enumerated() { (copy + index).initialize(to: value) }
        return word(copy)
    }

    /// A null-terminated array of C strings.
    func strings(_ values: [String]) -> UInt64 { array(values.map(text) + [0]) }

    func lay(_ step: ChildStep, _ inputs: Inputs) -> isolab_step {
        func make(
            _ operation: isolab_operation, _ a: UInt64 = 0, _ b: UInt64 = 0, _ c: UInt64 = 0, _ d: UInt64 = 0,
            _ e: UInt64 = 0
        ) -> isolab_step {
            isolab_step(operation: UInt64(operation.rawValue), a: a, b: b, c: c, d: d, e: e)
        }
        let recursive: UInt64 = 0x8000  // AT_RECURSIVE
        switch step {
        case .joinCgroups: return make(isolab_join_cgroups, array(inputs.cgroupTasks), UInt64(inputs.cgroupTasks.count))
        case .awaitLauncher(let stage):
            return make(isolab_await_gate, UInt64(stage.rawValue), stage.isSilent ? 1 : 0)
        case .succeed(let pass): return make(isolab_succeed, pass)
        case .handOver: return make(isolab_hand_over)
        case .awaitPublication:
            return make(isolab_await_publication, UInt64(bitPattern: Int64(inputs.publication)))
        case .showProcesses(let source):
            let descriptor = inputs.namespaces.first { $0.source == source }?.descriptor ?? -1
            return make(isolab_show_processes_of, UInt64(bitPattern: Int64(descriptor)))
        case .awaitStart: return make(isolab_await_start, UInt64(bitPattern: Int64(inputs.startFIFO)))
        case .guardLauncher: return make(isolab_guard_parent, UInt64(bitPattern: Int64(inputs.launcher)))
        case .followLauncher(let isSure):
            return make(isolab_parent_death, UInt64(SIGKILL), isSure ? UInt64(getpid()) : 0)
        case .keepLaunchDescriptors(let preserved):
            let kept = inputs.descriptors.filter { $0 >= 0 }.sorted()
            return make(isolab_close_others, array(kept), UInt64(kept.count), UInt64(3 + preserved))
        case .hook(let hook): return make(isolab_run_hook, lay(hook), hook.tellsEnd ? 1 : 0)
        case .openTerminal(let rows, let columns, let user, let console):
            return make(
                isolab_open_terminal,
                array([
                    isolab_terminal(
                        socket: inputs.consoleSocket, rows: rows, columns: columns, user: user,
                        console: console ? 1 : 0,
                        controls: steps.contains { $0.isSucceed } ? 0 : 1)
                ]))
        case .findProgram(let candidates, let byMode):
            return make(isolab_find_program, strings(candidates), byMode ? 1 : 0)
        case .findHome(let user):
            return make(isolab_find_home, home.map { word($0) } ?? 0, UInt64(Self.homeSize), UInt64(user))
        case .systemCall(_, let number, let operands, let memory, let place):
            var all = operands + Array(repeating: 0, count: max(0, 4 - operands.count))
            if let memory { all[place] = array(memory) }
            return make(isolab_system_call, UInt64(number), all[0], all[1], all[2], all[3])
        case .joinNamespace(let source, let namespaces):
            let descriptor = inputs.namespaces.first { $0.source == source }?.descriptor ?? -1
            return make(isolab_set_namespace, UInt64(bitPattern: Int64(descriptor)), namespaces.rawValue)
        case .adoptTree(let slot, let tree):
            let descriptor = inputs.trees.indices.contains(tree) ? inputs.trees[tree] : -1
            return make(isolab_adopt_tree, UInt64(slot), UInt64(bitPattern: Int64(descriptor)))
        case .setTreeAttributes(let slot, let set, let clear, let propagation, let deep):
            return make(
                isolab_set_tree_attributes, UInt64(slot), set.rawValue, clear.rawValue, deep ? recursive : 0,
                propagation.rawValue)
        case .enterRoot(let path): return make(isolab_enter_root, text(path))
        case .leaveRoot: return make(isolab_leave_root)
        case .copyUp(let slot, let path): return make(isolab_copy_up, UInt64(slot), text(path))
        case .moveRoot(let path): return make(isolab_move_root, text(path))
        case .holdRoot(let path):
            return make(isolab_hold_root, path.map { text($0) } ?? 0, UInt64(bitPattern: Int64(inputs.root)))
        case .changeRoot: return make(isolab_change_root)
        case .unshare(let namespaces): return make(isolab_unshare, namespaces.rawValue)
        case .mount(let source, let target, let type, let flags, let data):
            return make(
                isolab_mount, optionalText(source), text(target), optionalText(type), flags.rawValue,
                optionalText(data))
        case .mountOverlay(let overlay, let target, let userAttributes):
            return make(
                isolab_mount_overlay, text(overlay.stack), text(target),
                text(overlay.options(userAttributes: userAttributes)))
        case .setMountAttributes(let path, let set, let clear, let deep):
            return make(isolab_set_attributes, text(path), set.rawValue, clear.rawValue, deep ? recursive : 0)
        case .cloneTree(let slot, let source, let deep):
            return make(isolab_clone_tree, UInt64(slot), text(source), deep ? recursive : 0)
        case .makeTree(let slot, let type, let options, let attributes):
            // What the table of mounts calls it.
            var pairs = [text("source"), text(type)]
            for option in options.parts(between: ",") {
                let parts = option.parts(between: "=", maxSplits: 1)
                pairs += [text(String(parts[0])), parts.count > 1 ? text(String(parts[1])) : 0]
            }
            return make(isolab_make_tree, UInt64(slot), text(type), array(pairs + [0, 0]), attributes.rawValue)
        case .attachTree(let slot, let target): return make(isolab_attach_tree, UInt64(slot), text(target))
        case .bindDevice(let slot, let target): return make(isolab_bind_device, UInt64(slot), text(target))
        case .cloneInside(let slot, let source, let deep):
            return make(isolab_clone_inside, UInt64(slot), text(source), deep ? recursive : 0)
        case .holdDevices: return make(isolab_hold_devices)
        case .bindRoot(let path): return make(isolab_bind_root, text(path))
        case .detach(let path): return make(isolab_detach, text(path))
        case .conceal(let path): return make(isolab_conceal, text(path))
        case .pivotRoot(let path): return make(isolab_pivot_root, text(path))
        case .mask(let path): return make(isolab_mask, text(path))
        case .makeReadOnly(let path): return make(isolab_make_read_only, text(path))
        case .makeDirectory(let path, let mode): return make(isolab_make_directory, text(path), UInt64(mode))
        case .ensureDirectory(let path): return make(isolab_ensure_directory, text(path))
        case .makeDevice(let path, let mode, let major, let minor, let user, let group):
            return make(
                isolab_make_device, text(path), UInt64(mode), Self.device(major, minor), UInt64(user), UInt64(group))
        case .makeLink(let target, let path): return make(isolab_make_link, text(target), text(path))
        case .writeFile(let path, let content):
            return make(isolab_write_file, text(path), text(content), UInt64(content.utf8.count))
        case .changeDirectory(let path): return make(isolab_change_directory, text(path))
        case .tryDirectory(let path): return make(isolab_change_directory, text(path), 1)
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
        case .sessionKeyring(let name): return make(isolab_session_keyring, name.map(text) ?? 0)
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
        case .seccompWithListener(let instructions, let flags):
            let plain = lay(.seccomp(instructions: instructions, flags: flags), inputs)
            return make(isolab_pass_listener, plain.a, plain.b)
        case .parentDeathSignal(let signal): return make(isolab_parent_death, UInt64(signal))
        case .newSession: return make(isolab_new_session, isForSuccessor ? 1 : 0)
        case .newProcessGroup: return make(isolab_own_group)
        case .takeTerminal: return make(isolab_take_terminal)
        case .holdLabel(let module): return make(isolab_hold_label, module.rawValue, strings(module.files))
        case .writeLabel(let module, let label):
            return make(isolab_write_label, module.rawValue, text(label), UInt64(label.utf8.count))
        case .adjustMemoryScore(let score):
            return make(isolab_adjust_memory_score, text("\(score)"), UInt64("\(score)".utf8.count))
        case .setFileModeMask(let mask): return make(isolab_set_mask, UInt64(mask))
        case .streams: return make(isolab_streams, array(inputs.streams))
        case .nullStreams: return make(isolab_null_streams)
        case .resetSignals: return make(isolab_reset_signals, IgnoredSignals.mask)
        case .ownStreams(let user): return make(isolab_own_streams, UInt64(user))
        case .closeOtherDescriptors(let preserved): return make(isolab_close_on_exec, UInt64(3 + preserved))
        case .closeAtOnce(let preserved):
            let kept = [inputs.startFIFO, inputs.reportFIFO, inputs.publication].filter { $0 >= 0 }.sorted()
            return make(isolab_close_others, array(kept), UInt64(kept.count), UInt64(3 + preserved))
        case .execute(let candidates, let arguments, let environment):
            let entries = environment.map { entry in
                if let home, entry == "HOME=" { word(home) } else { text(entry) }
            }
            return make(isolab_execute, strings(candidates), strings(arguments), array(entries + [0]))
        }
    }

    /// 0: no limit, as good as one of some hundred million years.
    private static func milliseconds(_ seconds: Int?) -> UInt64 {
        guard let seconds, seconds > 0 else { return 0 }
        let (product, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1000)
        return overflow ? 0 : product
    }

    private func lay(_ hook: ChildHook) -> UInt64 {
        let stackSize = 32 * 1024
        let stack = UnsafeMutableRawPointer(reserve(UInt8.self, stackSize))
        func strings(_ values: [String]) -> UnsafePointer<UnsafePointer<CChar>?> {
            let list = reserve(UnsafePointer<CChar>?.self, values.count + 1)
            for (index, value) in values.enumerated() { (list + index).initialize(to: characters(value)) }
            (list + values.count).initialize(to: nil)
            return UnsafePointer(list)
        }
        func characters(_ value: String) -> UnsafePointer<CChar> {
            UnsafeRawPointer(bytes(value)).assumingMemoryBound(to: CChar.self)
        }
        return array([
            isolab_hook(
                path: characters(hook.path), argv: strings(hook.arguments), envp: strings(hook.environment),
                input: characters(hook.input), length: UInt64(hook.input.utf8.count),
                directory: hook.workingDirectory.map(characters), number: Int32(clamping: hook.number),
                pid_offset: UInt64(hook.pidPlace ?? 0), timeout: Self.milliseconds(hook.timeout), stack: stack,
                stack_size: UInt64(stackSize))
        ])
    }
}
