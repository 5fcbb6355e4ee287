extension ChildStep: CustomStringConvertible {
    /// One line of a printed plan: the step with its operands.
    public var description: String {
        switch self {
        case .mount(let source, let target, let type, let flags, let data):
            [
                "mount", type.isEmpty ? nil : "-t \(type)", flags.isEmpty ? nil : "-o \(flags)",
                data.isEmpty ? nil : "-o \(data)", source.isEmpty ? nil : source, target,
            ]
            .compactMap { $0 }.joined(separator: " ")
        case .mountOverlay: "mount -t overlay \(object)"
        case .setMountAttributes(let path, let set, let clear, let recursive):
            "mount_setattr \(path) +[\(set)] -[\(clear)]\(recursive ? " recursive" : "")"
        case .cloneTree(let slot, let source, let recursive):
            "open_tree \(source)\(recursive ? " recursive" : "") → slot \(slot)"
        case .makeTree(let slot, let type, let options, let attributes):
            "fsmount \(type) [\(attributes)] \(options) → slot \(slot)"
        case .cloneInside(let slot, let source, let recursive):
            "open_tree \(source) inside\(recursive ? " recursive" : "") → slot \(slot)"
        case .attachTree(let slot, let target), .bindDevice(let slot, let target): "move_mount slot \(slot) → \(target)"
        case .makeDirectory(let path, let mode): "mkdir \(path) mode 0\(String(mode, radix: 8))"
        case .ensureDirectory(let path): "mkdir \(path) where it can be made"
        case .makeDevice(let path, let mode, let major, let minor, _, _):
            "mknod \(path) \(major):\(minor) mode 0\(String(mode & 0o7777, radix: 8))"
        case .makeLink(let target, let path): "symlink \(path) → \(target)"
        case .writeFile(let path, let content): "write \(path) \(content)"
        case .setHostName(let name), .setDomainName(let name): "\(self.name) \(name)"
        case .setLimit(let limit): "prlimit \(limit)"
        case .setGroups(let primary, let additional):
            "setgroups \(primary) additional \(additional.map { "\($0)" } ?? "unchanged")"
        case .setUser(let user): "setuid \(user)"
        case .limitBoundingSet(let set), .setAmbientCapabilities(let set): "\(name) \(set)"
        case .setCapabilities(let effective, let permitted, let inheritable):
            "capset effective \(effective) permitted \(permitted) inheritable \(inheritable)"
        case .seccomp(let instructions, _): "seccomp filter of \(instructions.count) instructions"
        case .seccompWithListener(let instructions, _):
            "seccomp filter of \(instructions.count) instructions, with a listener"
        case .hook(let hook): "hook \(hook.path) \(hook.arguments)"
        case .openTerminal(let rows, let columns, let user, _): "terminal \(columns)×\(rows) of user \(user)"
        case .findProgram(let candidates, let byMode):
            "find program \(candidates.joined(separator: " or "))\(byMode ? ", by mode" : "")"
        case .findHome(let user): "find home of user \(user)"
        case .systemCall(let name, _, let operands, _, _): "\(name) \(operands)"
        case .joinNamespace(let source, let namespaces): "setns \(namespaces) of \(source)"
        case .adoptTree(let slot, let tree): "tree \(tree) of the launcher's → slot \(slot)"
        case .setTreeAttributes(let slot, let set, let clear, let propagation, let recursive):
            "mount_setattr slot \(slot) +[\(set)] -[\(clear)] \(propagation)\(recursive ? " recursive" : "")"
        case .copyUp(let slot, let path): "copy \(path) → slot \(slot)"
        case .setFileModeMask(let mask): "umask 0\(String(mask, radix: 8))"
        case .writeLabel(_, let label): "label \(label)"
        case .adjustMemoryScore(let score): "oom_score_adj \(score)"
        case .pivotRoot(let path): "pivot_root \(path)"
        case .holdRoot(let path): "hold root \(path ?? "of the container")"
        case .execute(let candidates, let arguments, _):
            "execve \(candidates.joined(separator: " or ")) \(arguments)"
        default: name
        }
    }
}
