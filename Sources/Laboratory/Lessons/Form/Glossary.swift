/// The words of the lessons, each with its meaning in one sentence.
package enum Glossary {
    package static let entries: [(term: String, meaning: String)] = [
        (
            "capability",
            "One of the about 40 parts into which Linux divides the rights of root, such as setting the clock."
        ),
        (
            "cgroup",
            "A group of processes whose memory, processor time and number the kernel counts and limits together."
        ),
        ("container", "Processes that the kernel shows their own part of the system, with limits and fewer rights."),
        (
            "copy-up",
            "What overlayfs does before a file of a lower layer is changed: it copies the whole file into the upper directory."
        ),
        ("digest", "The SHA-256 of a content: its name in a store, and the proof that it is unchanged."),
        ("guest", "A virtual machine: a computer of its own, with its own kernel, that runs as a process of the host."),
        ("host", "The machine, and its kernel, on which containers and guests run."),
        ("image", "A file tree in layers, and the command that is to run in it."),
        ("inode number", "The number by which the kernel tells files, and namespaces, apart."),
        ("kernel", "The program that runs the machine: every process asks it, by system calls, for all that it does."),
        ("KVM", "The part of Linux that lets the processor run the code of a guest directly."),
        ("layer", "What changed in a file tree by one step of a build, packed as an archive."),
        ("mount", "A file system, or a part of one, that is seen at a place in the file tree."),
        ("mount namespace", "The mounts that a process sees."),
        (
            "namespace",
            "A part of the kernel's state, such as the host name or the list of processes, that a group of processes has for itself."
        ),
        (
            "overlayfs",
            "A file system that shows several directories as one: lower ones, which stay as they are, and an upper one for changes."
        ),
        ("pid 1", "The first process of a process-ID namespace; when it ends, the kernel ends all others in it."),
        (
            "pivot_root",
            "The system call that makes another mount the root of the file tree, so that the old one can be removed."
        ),
        ("seccomp filter", "A small program in the kernel that allows or refuses the system calls of a process."),
        (
            "software emulation",
            "QEMU translates the instructions of a guest, where KVM cannot run them: slower, but it works everywhere."
        ),
        ("system call", "A request of a program to the kernel."),
        ("user namespace", "Numbers of users of its own: root inside can be an ordinary user outside."),
        ("volume", "A directory with a name, which outlives the containers that use it."),
        ("whiteout", "The mark in the upper directory of overlayfs that says: this file of a lower layer is deleted."),
    ]

    package static func meaning(of term: String) -> String? { entries.first { $0.term == singular(term) }?.meaning }

    /// The entry that a text means: terms may stand in the plural.
    package static func singular(_ term: String) -> String {
        for candidate in [term, String(term.dropLast()), String(term.dropLast(3)) + "y"]
        where entries.contains(where: { $0.term == candidate }) {
            return candidate
        }
        return term
    }
}
