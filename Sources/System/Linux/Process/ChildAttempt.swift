import Glibc

/// Finds out what a host allows by doing it, in a child that ends at once: nothing of it reaches the caller.
public enum ChildAttempt {
    /// Does the steps in a child of its own and ends it.
    ///
    /// - Parameters:
    ///   - steps: what is to be tried; running a program at the end is added. Namespaces that are joined are opened for them.
    ///   - namespaces: those the child is born in.
    /// - Throws: the step that the kernel refused, with its errno.
    public static func run(_ steps: [ChildStep], in namespaces: Namespaces = []) throws(SystemError) {
        let end = ChildStep.execute(
            candidates: ["/bin/true", "/usr/bin/true"], arguments: ["true"], environment: [])
        var inputs = ChildProgram.Inputs()
        defer { for joined in inputs.namespaces { close(joined.descriptor) } }
        for case .joinNamespace(let source, _) in steps {
            guard case .file(let path) = source else { continue }
            inputs.namespaces.append((source, try OwnedDescriptor(opening: path, O_RDONLY).release()))
        }
        let program = ChildProgram(steps + [.closeOtherDescriptors(preserving: 0), end], inputs: inputs)
        let child = try program.start(namespaces: namespaces, cgroup: -1)
        let descriptor = OwnedDescriptor(owning: child.pidfd)
        _ = try ProcessExit.wait(for: child.pid)
        _ = consume descriptor
    }
}
