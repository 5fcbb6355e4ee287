import Linux
import Machines

/// What the host sees of a guest while it runs: which program it is, and whether a virtual machine of the kernel's is in it.
struct GuestLook: Equatable, Sendable {
    /// The last component of the program's path.
    let program: String
    /// Whether it holds a virtual machine of KVM (/proc/<pid>/fd).
    let holdsMachine: Bool

    init(program: String, holdsMachine: Bool) {
        self.program = program
        self.holdsMachine = holdsMachine
    }

    /// Looks at a process; nil where it has ended already, ends just now, or is not for this user to look at.
    ///
    /// - Parameter machine: what the link of a descriptor says that is a virtual machine of the kernel's.
    init?(process: Int32, machine: String = "anon_inode:kvm-vm") {
        let executable = "/proc/\(process)/exe"
        guard let path = try? Procfs.readLink(executable),
            let descriptors = try? SystemFile.names(in: "/proc/\(process)/fd")
        else { return nil }
        let holdsMachine = descriptors.contains {
            (try? Procfs.readLink("/proc/\(process)/fd/\($0)")) == machine
        }
        // A process that ends loses its program before its descriptors: one that still has it had them all.
        guard (try? Procfs.readLink(executable)) == path else { return nil }
        program = path.split(separator: "/").last.map(String.init) ?? path
        self.holdsMachine = holdsMachine
    }

    /// Why this is no guest of that accelerator.
    func objection(_ accelerator: Accelerator) -> String? {
        guard program.hasPrefix("qemu-system") else { return "the guest's process is \(program), not QEMU" }
        switch (accelerator, holdsMachine) {
        case (.kvm, false): return "the guest runs without KVM, which its lane says drives it"
        case (.tcg, true): return "the guest holds a virtual machine of KVM, though its lane says software emulation"
        case (.kvm, true), (.tcg, false): return nil
        }
    }
}
