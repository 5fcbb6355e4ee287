/// One thing a child does between `clone3` and `execve`: a system call, or a few that belong together.
///
/// A value: it can be printed, compared and tested without root. `ChildProgram` lays a list of them out as memory.
public enum ChildStep: Equatable, Sendable {
    /// Move into the v1 cgroups whose `tasks` files the launch opened, by writing `0` to each.
    case joinCgroups
    /// Wait until the launcher has done its part (id maps, hooks, the state on disk).
    case awaitLauncher(LauncherStage)
    /// What follows is done by a process of its own, in the pid namespace that was joined. It has nothing of its maker's memory
    /// but what it needs. `pass` is what a filter knows the call by that lets nobody else through, or 0.
    case succeed(pass: UInt64)
    /// From here on the child needs its launcher no more, who may end.
    case handOver
    /// Say that the successor is there, and wait until the launcher has written it down.
    case awaitPublication
    /// The pid namespace, one of the launch's descriptors, that a procfs shows which is mounted from then on.
    case showProcesses(of: NamespaceSource)
    /// Wait for one byte of the launch's start FIFO.
    case awaitStart
    /// Die with the thread that launched it, and fail where it is gone already.
    case guardLauncher
    /// The same, once more where a change of rights made the kernel forget it (PR_SET_PDEATHSIG); `isSure`: fails where the launcher is
    /// gone already. In the launcher's own pid namespace.
    case followLauncher(isSure: Bool)
    /// Closes all descriptors but those of the launch, and so many after the standard streams.
    case keepLaunchDescriptors(preserving: Int)
    /// Run a program in the child's namespaces, with the container's state on its standard input.
    case hook(ChildHook)
    /// Make a terminal of the container's devpts, send its master to the launch's console socket, and make it the
    /// standard streams and the controlling terminal.
    case openTerminal(rows: UInt16, columns: UInt16, user: UInt32, console: Bool)
    /// One of the candidates must be there and executable; by mode: by somebody.
    case findProgram(candidates: [String], byMode: Bool)
    /// Sets the variable HOME of the program, where its environment has `HOME=`, by the container's /etc/passwd; `/` where that
    /// does not know the user.
    case findHome(user: UInt32)
    /// A system call without a step of its own; `memory` is laid out and its address put in place of operand `place`.
    case systemCall(name: String, number: Int, operands: [UInt64], memory: [UInt64]?, place: Int)
    /// `setns(2)` with one of the launch's descriptors.
    case joinNamespace(NamespaceSource, Namespaces)
    case unshare(Namespaces)
    case mount(source: String, target: String, type: String, flags: MountFlags, data: String)
    /// Overlayfs from the directory of its layers, which becomes the working directory.
    case mountOverlay(OverlayMount, target: String, userAttributes: Bool)
    /// `mount_setattr(2)`.
    case setMountAttributes(path: String, set: MountAttributes, clear: MountAttributes, recursive: Bool)
    /// `open_tree(2)` with OPEN_TREE_CLONE: a bind mount not attached yet, held in a slot.
    case cloneTree(slot: Int, source: String, recursive: Bool)
    /// `fsopen(2)`, `fsconfig(2)`, `fsmount(2)`: a new mount not attached yet, held in a slot; options parted by commas.
    case makeTree(slot: Int, type: String, options: String, attributes: MountAttributes)
    /// `move_mount(2)`: attaches the tree of a slot to a directory or a file, made where it is absent.
    case attachTree(slot: Int, target: String)
    /// `mount_setattr(2)` on the tree of a slot, before anybody can see it.
    case setTreeAttributes(
        slot: Int, set: MountAttributes, clear: MountAttributes, propagation: MountFlags, recursive: Bool)
    /// Paths are those of the new root for a while; the process stays in the old one, which hooks will need once more.
    case enterRoot(path: String)
    case leaveRoot
    /// Takes one of the launch's trees into a slot, which a child in a user namespace could not make: an idmapped mount, or one of what
    /// it may not go to.
    case adoptTree(slot: Int, tree: Int)
    /// Copies what a directory holds into the tree of a slot.
    case copyUp(slot: Int, path: String)
    /// Attaches a device of the host's over an empty file, where devices are made.
    case bindDevice(slot: Int, target: String)
    /// As `cloneTree`, of a path of the container.
    case cloneInside(slot: Int, source: String, recursive: Bool)
    /// What follows for /dev is made in the directory that is there now, and nothing where a mount put it there.
    case holdDevices
    /// Binds a directory over itself, reached without links, and holds it: what is entered as the root from then on.
    case bindRoot(path: String)
    case detach(path: String)
    /// Detaches what is mounted there, or covers it where it may not be.
    case conceal(path: String)
    case pivotRoot(path: String)
    /// Where the root cannot be pivoted (an initramfs): moves the new root over it and changes into it.
    case moveRoot(path: String)
    /// Holds a directory, reached without links, as the root that is entered from then on; nil: the launch's (`Inputs.root`). For a
    /// mount namespace that is not the container's own, in which nothing is bound.
    case holdRoot(path: String?)
    /// Changes into the root that is held, and leaves the mount namespace's own to the others.
    case changeRoot
    /// Cover a path so that it reads as empty; an absent one is passed over.
    case mask(path: String)
    /// Bind a path over itself, read-only; an absent one is passed over.
    case makeReadOnly(path: String)
    case makeDirectory(path: String, mode: UInt32)
    /// Makes a directory and those above it where they can be made; what needs it says so where not.
    case ensureDirectory(path: String)
    case makeDevice(path: String, mode: UInt32, major: UInt32, minor: UInt32, user: UInt32, group: UInt32)
    case makeLink(target: String, path: String)
    case writeFile(path: String, content: String)
    case changeDirectory(path: String)
    /// The same before the change of user: where it is refused to this one too, it is tried once more.
    case tryDirectory(path: String)
    case setHostName(String)
    case setDomainName(String)
    case loopbackUp
    case setLimit(ResourceLimit)
    /// `additional` nil leaves the supplementary groups as they are (a user namespace where setgroups is denied).
    case setGroups(primary: UInt32, additional: [UInt32]?)
    case setUser(UInt32)
    /// A session keyring that is not the launcher's: the one of a name, made where there is none, or a new one without a name.
    case sessionKeyring(name: String?)
    case keepCapabilities
    case limitBoundingSet(to: CapabilitySet)
    case setCapabilities(effective: CapabilitySet, permitted: CapabilitySet, inheritable: CapabilitySet)
    case setAmbientCapabilities(CapabilitySet)
    case noNewPrivileges
    /// A classic BPF program of raw `struct sock_filter`, each as one 64-bit word, and the flags of `seccomp(2)`.
    case seccomp(instructions: [UInt64], flags: UInt32)
    /// The same with a listener, whose descriptor the launcher takes at the next stage.
    case seccompWithListener(instructions: [UInt64], flags: UInt32)
    /// The signal the child gets when the *thread* that launched it ends (PR_SET_PDEATHSIG).
    case parentDeathSignal(Int32)
    case newSession
    /// A process group of its own in its maker's session: a terminal's signals reach it no more than in a session of its own, which
    /// costs more where the kernel schedules each session as a group (sched_autogroup).
    case newProcessGroup
    /// The standard input becomes the controlling terminal, of a successor.
    case takeTerminal
    /// Opens the file of procfs that takes the process's label, while it is in sight, and writes to it later.
    case holdLabel(SecurityModule)
    case writeLabel(SecurityModule, String)
    /// Sets `/proc/self/oom_score_adj`, which is the launcher's as well as long as that is not suspended (CLONE_VFORK). Where
    /// it may not be set it is not (`ChildProgram.declinesMemoryScore`).
    case adjustMemoryScore(Int)
    case setFileModeMask(UInt32)
    /// Put the launch's three streams on 0, 1 and 2.
    case streams
    /// Of the standard streams that are the host's null device make the container's own.
    case nullStreams
    /// Give the standard streams to the user, where they are not everybody's.
    case ownStreams(UInt32)
    case resetSignals
    /// Marks every descriptor to be closed by execve, but the standard streams and so many after them.
    case closeOtherDescriptors(preserving: Int)
    /// Closes them now, but the standard streams, so many after them, and those the launch needs for its start.
    case closeAtOnce(preserving: Int)
    /// The first of the candidates that can run; `arguments` includes the zeroth.
    case execute(candidates: [String], arguments: [String], environment: [String])
}

extension ChildStep {
    var isSucceed: Bool { if case .succeed = self { true } else { false } }

    /// One or two words for a chart and for the stage of an error: `mount overlay`, `pivot_root`, `execve`.
    public var name: String {
        switch self {
        case .joinCgroups: "join cgroups"
        case .awaitLauncher(let stage): "await \(stage)"
        case .succeed: "succeed"
        case .handOver: "hand over"
        case .awaitPublication: "await publication"
        case .showProcesses(let source): "show processes of \(source)"
        case .awaitStart: "await start"
        case .guardLauncher: "guard launcher"
        case .followLauncher: "follow launcher"
        case .keepLaunchDescriptors: "keep descriptors"
        case .hook(let hook): "hook \(hook.path)"
        case .openTerminal: "terminal"
        case .findProgram: "find program"
        case .findHome: "find home"
        case .systemCall(let name, _, _, _, _): name
        case .joinNamespace(_, let namespaces): "join \(namespaces)"
        case .adoptTree: "adopt tree"
        case .setTreeAttributes: "mount_setattr"
        case .enterRoot: "enter root"
        case .leaveRoot: "leave root"
        case .copyUp(_, let path): "copy up \(path)"
        case .bindDevice(_, let target): "bind \(target)"
        case .cloneInside(_, let source, _): "open_tree \(source)"
        case .holdDevices: "hold /dev"
        case .conceal(let path): "conceal \(path)"
        case .moveRoot: "move root"
        case .holdRoot: "hold root"
        case .changeRoot: "change root"
        case .ownStreams: "own streams"
        case .closeAtOnce: "close descriptors"
        case .unshare(let namespaces): "unshare \(namespaces)"
        case .mount(_, let target, let type, let flags, _):
            type.isEmpty || flags.contains(.bind) || flags.isPropagationOnly
                ? "mount \(target)" : "mount \(type == target.dropFirst() ? "" : "\(type) on ")\(target)"
        case .mountOverlay(_, let target, _): "mount overlay on \(target)"
        case .setMountAttributes(let path, _, _, _): "mount_setattr \(path)"
        case .cloneTree(_, let source, _): "open_tree \(source)"
        case .makeTree(_, let type, _, _): "fsmount \(type)"
        case .attachTree(_, let target): "attach \(target)"
        case .bindRoot(let path): "bind root \(path)"
        case .detach(let path): "umount \(path)"
        case .pivotRoot: "pivot_root"
        case .mask(let path): "mask \(path)"
        case .makeReadOnly(let path): "read-only \(path)"
        case .makeDirectory(let path, _), .ensureDirectory(let path): "mkdir \(path)"
        case .makeDevice(let path, _, _, _, _, _): "mknod \(path)"
        case .makeLink(_, let path): "symlink \(path)"
        case .writeFile(let path, _): "write \(path)"
        case .changeDirectory(let path), .tryDirectory(let path): "chdir \(path)"
        case .setHostName: "sethostname"
        case .setDomainName: "setdomainname"
        case .loopbackUp: "loopback up"
        case .setLimit(let limit): "rlimit \(limit.resource.name)"
        case .setGroups: "setgroups"
        case .setUser: "setuid"
        case .sessionKeyring: "session keyring"
        case .keepCapabilities: "keep capabilities"
        case .limitBoundingSet: "bounding set"
        case .setCapabilities: "capset"
        case .setAmbientCapabilities: "ambient set"
        case .noNewPrivileges: "no_new_privs"
        case .seccomp, .seccompWithListener: "seccomp"
        case .parentDeathSignal: "parent-death signal"
        case .newSession: "setsid"
        case .newProcessGroup: "setpgid"
        case .takeTerminal: "take terminal"
        case .holdLabel: "hold label"
        case .writeLabel: "label"
        case .adjustMemoryScore: "oom_score_adj"
        case .setFileModeMask: "umask"
        case .streams: "streams"
        case .nullStreams: "null streams"
        case .resetSignals: "reset signals"
        case .closeOtherDescriptors: "close_range"
        case .execute: "execve"
        }
    }

    /// What a failure of the step was about: a path, a host name, a program.
    public var object: String {
        switch self {
        case .mount(let source, let target, let type, _, let data):
            "\(source.isEmpty ? type : source) on \(target)\(data.isEmpty ? "" : " (\(data))")"
        case .mountOverlay(let overlay, let target, let userAttributes):
            "overlay on \(target) (\(overlay.options(userAttributes: userAttributes))) in \(overlay.stack)"
        case .setMountAttributes(let path, _, _, _), .cloneTree(_, let path, _), .attachTree(_, let path),
            .bindDevice(_, let path), .cloneInside(_, let path, _), .bindRoot(let path), .detach(let path),
            .conceal(let path), .pivotRoot(let path), .mask(let path),
            .makeReadOnly(let path),
            .makeDirectory(let path, _), .ensureDirectory(let path), .makeDevice(let path, _, _, _, _, _),
            .makeLink(_, let path),
            .writeFile(let path, _), .changeDirectory(let path), .tryDirectory(let path):
            path
        case .makeTree(_, let type, _, _): type
        case .holdDevices: "/dev"
        case .openTerminal: "/dev/pts/ptmx"
        case .copyUp(_, let path), .moveRoot(let path), .enterRoot(let path): path
        case .holdRoot(let path): path ?? "the container's root"
        case .hook(let hook): hook.path
        case .joinNamespace(let source, let namespaces): "\(namespaces) of \(source)"
        case .adoptTree(let slot, _), .setTreeAttributes(let slot, _, _, _, _): "slot \(slot)"
        case .findProgram(let candidates, _): candidates.last ?? ""
        case .findHome(let user): "user \(user)"
        case .setHostName(let name), .setDomainName(let name): name
        case .holdLabel(let module): module.files.last ?? ""
        case .writeLabel(_, let label): label
        case .adjustMemoryScore: "/proc/self/oom_score_adj"
        case .unshare(let namespaces): namespaces.description
        case .setLimit(let limit): limit.description
        case .sessionKeyring: "a new session keyring"
        case .setUser(let user): "user \(user)"
        case .setGroups(let group, _): "group \(group)"
        case .limitBoundingSet(let set), .setAmbientCapabilities(let set), .setCapabilities(let set, _, _):
            set.description
        case .seccomp(let instructions, _), .seccompWithListener(let instructions, _):
            "filter of \(instructions.count) instructions"
        case .execute(let candidates, let arguments, _): candidates.last ?? arguments.first ?? ""
        default: ""
        }
    }

    /// The system call an error names.
    public var operation: String {
        switch self {
        case .joinCgroups, .writeFile, .writeLabel, .adjustMemoryScore: "write"
        case .holdLabel: "open"
        case .awaitLauncher, .handOver: "futex"
        case .succeed: "clone"
        case .awaitStart, .awaitPublication: "read"
        case .showProcesses: "fsconfig"
        case .hook, .execute, .findProgram: "execve"
        case .findHome: "read"
        case .openTerminal, .takeTerminal: "ioctl"
        case .systemCall(let name, _, _, _, _): name
        case .joinNamespace: "setns"
        case .adoptTree: "dup"
        case .setTreeAttributes: "mount_setattr"
        case .enterRoot: "open"
        case .leaveRoot: "chdir"
        case .copyUp: "copy"
        case .moveRoot: "mount"
        case .holdRoot: "openat2"
        case .changeRoot: "chroot"
        case .ownStreams: "fchown"
        case .closeAtOnce, .keepLaunchDescriptors: "close_range"
        case .mount, .mask, .makeReadOnly: "mount"
        case .mountOverlay: "mount"
        case .unshare: "unshare"
        case .setMountAttributes: "mount_setattr"
        case .cloneTree, .cloneInside, .bindRoot: "open_tree"
        case .holdDevices: "openat2"
        case .makeTree: "fsmount"
        case .attachTree, .bindDevice: "move_mount"
        case .detach, .conceal: "umount2"
        case .pivotRoot: "pivot_root"
        case .makeDirectory, .ensureDirectory: "mkdir"
        case .makeDevice: "mknod"
        case .makeLink: "symlink"
        case .changeDirectory, .tryDirectory: "chdir"
        case .setHostName: "sethostname"
        case .setDomainName: "setdomainname"
        case .loopbackUp: "ioctl SIOCSIFFLAGS"
        case .setLimit: "prlimit"
        case .setGroups: "setgroups"
        case .setUser: "setresuid"
        case .sessionKeyring: "keyctl"
        case .keepCapabilities, .limitBoundingSet, .setAmbientCapabilities, .noNewPrivileges, .parentDeathSignal,
            .guardLauncher, .followLauncher:
            "prctl"
        case .setCapabilities: "capset"
        case .seccomp, .seccompWithListener: "seccomp"
        case .newSession: "setsid"
        case .newProcessGroup: "setpgid"
        case .setFileModeMask: "umask"
        case .streams, .nullStreams: "dup3"
        case .resetSignals: "rt_sigaction"
        case .closeOtherDescriptors: "close_range"
        }
    }
}
