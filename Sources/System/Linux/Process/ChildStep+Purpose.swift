extension ChildStep {
    /// What the step is for, in one sentence, for whoever learns from a plan how a container comes about.
    package var purpose: String {
        switch self {
        // With its launcher
        case .joinCgroups: "Everything the process uses is counted and limited in the container's cgroup from here on."
        case .awaitLauncher(let stage):
            "The process waits until its launcher has done what only a process outside can do: \(stage)."
        case .succeed:
            "A joined pid namespace holds only processes that are born after it was joined, so a new process continues from here."
        case .handOver: "The process needs its launcher no more, which may end while the container lives."
        case .awaitPublication:
            "The process waits until its launcher has written down which process the container's is."
        case .awaitStart: "The container is created now, and waits for the request to start its program."
        case .guardLauncher: "If its launcher ends, the process ends too: a failed launch leaves nothing behind."
        case .followLauncher:
            "The kernel forgot that the process is to end with its launcher when its rights changed, so it is told again."
        case .parentDeathSignal(let signal):
            "The program gets signal \(signal) when the thread that launched it ends, so it cannot outlive who watches it."
        case .hook(let hook):
            "The configuration names a program, \(hook.path), that runs at this point of the container's life."
        // Namespaces
        case .showProcesses(let source):
            "A proc file system that is mounted from here on shows the processes of \(source)."
        case .joinNamespace(let source, let namespaces):
            "The process sees what \(source) sees in its namespaces (\(namespaces)), instead of what the host sees."
        case .unshare(let namespaces):
            "The process gets namespaces of its own (\(namespaces)): what it changes in them, the host does not see."
        // What is mounted
        case .mount(_, let target, _, let flags, _):
            flags.isPropagationOnly
                ? "Mounts below \(target) no longer travel between the container and the host in ways that were not requested."
                : "The container finds a file system at \(target)."
        case .mountOverlay(_, let target, _):
            "The image's layers become one tree at \(target): read from below, written to a directory of this container alone."
        case .setMountAttributes(let path, _, _, _):
            "What is mounted at \(path) gets its restrictions, such as read-only or no devices."
        case .cloneTree(_, let source, _):
            "A copy of what is mounted at \(source) is held, to be shown in the container."
        case .makeTree(_, let type, _, _):
            "A new file system (\(type)) is made, and nobody can see it until it is attached."
        case .attachTree(_, let target): "The file system that was prepared appears at \(target)."
        case .setTreeAttributes: "The prepared file system gets its restrictions before anybody can see it."
        case .adoptTree:
            "The launcher has prepared a file system that the process may not prepare by itself, and hands it over."
        case .copyUp(_, let path): "What the image holds at \(path) is copied into the file system that will cover it."
        case .cloneInside(_, let source, _):
            "A copy of what the container has at \(source) is held, to be shown at another place."
        case .detach(let path): "What is mounted at \(path) is out of the container's sight."
        case .conceal(let path): "What is mounted at \(path) is removed, or covered where it may not be removed."
        case .mask(let path):
            "The container must not read \(path), which tells of the host or changes it, so it reads as empty."
        case .makeReadOnly(let path): "The container may read \(path), but changes nothing of the host by it."
        // The root
        case .enterRoot:
            "Paths are those of the container for a while, to be resolved as its program will resolve them."
        case .leaveRoot: "Paths are those of the host again, which hooks need once more."
        case .bindRoot(let path): "The kernel takes only a mount as a root, so \(path) is mounted over itself."
        case .pivotRoot:
            "The image's tree becomes the root, and the host's tree is out of reach: no path leads back to it."
        case .moveRoot:
            "The first root of a system cannot be exchanged, so the image's tree is moved over it and entered."
        case .holdRoot: "The directory that becomes the root is held open, so that nobody can put another in its place."
        case .changeRoot:
            "The process enters the container's root, and leaves the mount namespace's own root to the others."
        // Files
        case .bindDevice(_, let target):
            "Without the right to make devices, the container gets the host's device at \(target)."
        case .holdDevices: "What follows is made in the container's own /dev, never in one that it shares."
        case .makeDirectory(let path, _), .ensureDirectory(let path):
            "A directory is needed at \(path) for what comes there."
        case .makeDevice(let path, _, _, _, _, _):
            "The container gets the device \(path), one of the few that every program may expect."
        case .makeLink(_, let path): "Programs expect a link at \(path)."
        case .writeFile(let path, _): "A setting of the container's own namespaces is written to \(path)."
        // Privileges
        case .setGroups: "The process leaves the launcher's groups, and with them every file that they may open."
        case .setUser(let user): "The process becomes user \(user), and loses what only the launcher's user may do."
        case .keepCapabilities:
            "A change of user takes all capabilities away, unless the kernel is told to keep them for now."
        case .limitBoundingSet:
            "No program in the container can ever get a capability outside this set, whatever it executes."
        case .setCapabilities: "Of root's powers the process keeps only those that are listed."
        case .setAmbientCapabilities: "A program that is not root's keeps these capabilities when it is executed."
        case .noNewPrivileges: "From here on no set-user-ID program can give the process more rights than it has."
        case .seccomp: "System calls that the program does not need, and attacks do, are refused by the kernel."
        case .seccompWithListener:
            "Some system calls are answered by a process outside, which the kernel asks about each of them."
        case .holdLabel: "The file that takes the security label is opened while it is still in sight."
        case .writeLabel(_, let label): "The security module confines the program by the rules of \(label)."
        case .sessionKeyring: "The process leaves the launcher's keyring, so that it cannot use the keys in it."
        // Streams and terminals
        case .openTerminal: "The container gets a terminal of its own, whose other end is handed to who launched it."
        case .newSession:
            "Signals from the launcher's terminal do not reach the program, and it cannot type into that terminal."
        case .newProcessGroup: "Signals from the launcher's terminal do not reach the program."
        case .takeTerminal: "Its terminal controls the program: Ctrl-C reaches it, and shells can control jobs."
        case .streams: "Standard input, output and error of the program are those that the launcher has prepared."
        case .nullStreams:
            "Where a stream leads nowhere, it does so by the container's own null device, not by the host's."
        case .ownStreams(let user): "The program may open its own streams again, as they belong to user \(user)."
        case .closeOtherDescriptors:
            "No descriptor of the launcher stays open in the program: it could lead back to the host."
        case .closeAtOnce:
            "What follows can be seen from the container, so the launcher's descriptors are closed before."
        case .keepLaunchDescriptors: "Only the descriptors that this launch needs stay open."
        // The program and its surroundings
        case .findProgram: "A program that does not exist is reported now, before the container counts as created."
        case .findHome(let user): "The variable HOME is what the container's own /etc/passwd says of user \(user)."
        case .systemCall(let name, _, _, _, _): "The configuration asks for what the system call \(name) sets."
        case .changeDirectory(let path): "The program starts in the directory \(path)."
        case .tryDirectory(let path):
            "The program starts in the directory \(path), which its own user may not be allowed to enter."
        case .setHostName(let name): "In the container the host is called \(name)."
        case .setDomainName(let name): "In the container the domain is called \(name)."
        case .loopbackUp:
            "A new network namespace has a loopback device that is down: programs expect 127.0.0.1 to answer."
        case .setLimit(let limit): "The kernel refuses the program more than its limit of \(limit.resource.name)."
        case .adjustMemoryScore: "When memory runs out, the kernel chooses what it ends by this score."
        case .setFileModeMask: "Files that the program makes get their permissions by this mask, not by the launcher's."
        case .resetSignals:
            "Signals do what they do by default: a program inherits what its launcher ignores or blocks."
        case .execute(let candidates, _, _):
            "The process becomes the program, \(candidates.first ?? "of the image"), and nothing of the launcher is left in it."
        }
    }
}
