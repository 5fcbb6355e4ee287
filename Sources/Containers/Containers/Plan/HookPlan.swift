import Linux
import OCI

/// Hooks as values: what they run and what they read.
enum HookPlan {
    /// A number of ten digits that the child replaces by its own: no process has it (pid_max is at most 2²²).
    private static let unknownPID = Int32.max

    /// A hook that the child itself runs, in the container's namespaces.
    static func child(
        _ hook: RuntimeConfiguration.Hook, _ lifecycle: LaunchPlan.Lifecycle, _ configuration: RuntimeConfiguration,
        status: ContainerState.Status, directory: String, kind: String, number: Int
    ) -> ChildHook {
        let state = ContainerState(
            ociVersion: configuration.ociVersion, id: lifecycle.identifier, status: status, pid: unknownPID,
            bundle: lifecycle.bundle, annotations: configuration.annotations)
        let input = String(decoding: state.json(), as: UTF8.self)
        return ChildHook(
            path: hook.path, arguments: hook.arguments.isEmpty ? [hook.path] : hook.arguments,
            // As with runc: that of the container's program, which it comes before.
            environment: hook.environment ?? ProcessBuilder.lastOfEach(configuration.process?.environment ?? []),
            input: input,
            pidPlace: place(of: "\"pid\":\(unknownPID)", in: input), timeout: hook.timeout,
            workingDirectory: directory, kind: kind, number: number)
    }

    /// Where the number begins: quotes inside a JSON string are escaped, so nothing else can look like the member.
    private static func place(of member: String, in text: String) -> Int? {
        let bytes = Array(text.utf8)
        let wanted = Array(member.utf8)
        guard bytes.count >= wanted.count else { return nil }
        for start in 0...(bytes.count - wanted.count)
        where bytes[start] == wanted[0] && bytes[start..<(start + wanted.count)].elementsEqual(wanted) {
            return start + 6
        }
        return nil
    }
}
