import Glibc
import Linux
import OCI

/// What a runtime does that trusts its paths: mounts by path before it enters the root, as runtimes did until they were
/// broken by it. The negative control of the attacks: each must succeed here, or the test of ours would prove nothing.
enum NaiveLaunch {
    /// A mount made by path, on the host's side of the root.
    struct Mount {
        var source: String
        /// Inside.
        var target: String
        var type = ""
        var flags: MountFlags = [.bind, .recursive]
    }

    /// Runs a shell script in a root file system.
    ///
    /// - Parameters:
    ///   - before: steps between the mounts and the change of root.
    ///   - after: steps between the change of root and the program.
    ///   - devices: whether the host's /dev is bound in.
    ///   - enter: how the root is changed; by pivot_root(2) where nothing else is said.
    static func run(
        _ engine: Engine, _ script: String, root: String, mounts: [Mount] = [], before: [ChildStep] = [],
        after: [ChildStep] = [], devices: Bool = false, program: String = "/bin/sh",
        namespaces: Namespaces = [.mount, .pid, .uts, .ipc], enter: ChildStep? = nil
    ) throws -> Engine.Answer {
        var steps: [ChildStep] = [
            .mount(source: "", target: "/", type: "", flags: [.isPrivate, .recursive], data: ""),
            .mount(source: root, target: root, type: "", flags: [.bind, .recursive], data: ""),
        ]
        let devices = devices ? [Mount(source: "/dev", target: "/dev")] : []
        for mount in devices + mounts {
            steps.append(
                .mount(
                    source: mount.source, target: root + mount.target, type: mount.type,
                    flags: mount.type.isEmpty ? mount.flags : [], data: ""))
        }
        let streams = try engine.streams(input: "")
        steps += before + [enter ?? .pivotRoot(path: root)] + after + [.streams]
        steps.append(
            .execute(
                candidates: [program], arguments: [program, "-c", script], environment: ["PATH=/bin"]))
        let child = ChildProgram(
            steps, inputs: .init(streams: streams.standard.numbers))
        let started = try child.start(namespaces: namespaces, cgroup: -1)
        let descriptor = OwnedDescriptor(owning: started.pidfd)
        let exit = try ProcessExit.wait(for: started.pid)
        _ = consume descriptor
        return Engine.Answer(status: exit.shellStatus, output: streams.output, complaints: streams.complaints)
    }
}
