/// Finds out what a host allows by doing it, in a child that ends at once: nothing of it reaches the caller.
public enum ChildAttempt {
    /// Does the steps in a child of its own and ends it.
    ///
    /// - Parameters:
    ///   - steps: what is to be tried; running a program at the end is added.
    ///   - namespaces: those the child is born in.
    /// - Throws: the step that the kernel refused, with its errno.
    public static func run(_ steps: [ChildStep], in namespaces: Namespaces = []) throws(SystemError) {
        let end = ChildStep.execute(
            candidates: ["/bin/true", "/usr/bin/true"], arguments: ["true"], environment: [])
        let program = ChildProgram(steps + [.closeOtherDescriptors(preserving: 0), end], inputs: ChildProgram.Inputs())
        let child = try program.start(namespaces: namespaces, cgroup: -1)
        let descriptor = OwnedDescriptor(owning: child.pidfd)
        _ = try ProcessExit.wait(for: child.pid)
        _ = consume descriptor
    }
}
