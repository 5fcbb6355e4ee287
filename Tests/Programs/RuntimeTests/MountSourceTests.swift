import Glibc
import Linux
import OCI
import Testing

/// Sources of bind mounts as a container in a user namespace has them: taken hold of by the launcher, and parted from the host.
@Suite(.enabled(if: TestHost.canRun, TestHost.reason)) struct MountSourceTests {
    let engine: Engine

    init() throws { engine = try Engine() }

    /// A directory of the host's with a file in it.
    private func shared(_ name: String = "shared") throws -> String {
        let path = "\(engine.place)/\(name)"
        try SystemFile.makeDirectories(path)
        try engine.write("fromhost\n", to: path + "/file")
        return path
    }

    private func enterUserNamespace(_ configuration: inout RuntimeConfiguration) {
        let mapping = RuntimeConfiguration.IDMapping(containerID: 0, hostID: 300_000, size: 65536)
        configuration.linux?.namespaces.append(.init(.user))
        configuration.linux?.uidMappings = [mapping]
        configuration.linux?.gidMappings = [mapping]
        configuration.linux?.sysctl = [:]
    }

    /// A source below a directory that only the host's root may enter: the container's, in its user namespace, is somebody else, and
    /// has what its configuration lists all the same, a directory and a file.
    @Test(arguments: ["rbind", "rshared"]) func sourceOutOfReach(option: String) throws {
        let hidden = engine.place + "/hidden"
        try SystemFile.makeDirectories(hidden)
        let shared = try shared("hidden/shared")
        chmod(hidden, 0o700)
        for name in ["/mnt/a", "/mnt/b"] { try SystemFile.makeDirectories(engine.rootfs + name) }
        let answer = try engine.run("cat /mnt/a/file /mnt/c; touch /mnt/b/x; mount | grep -c ' /mnt/b .*ro,'") {
            enterUserNamespace(&$0)
            try engine.write("", to: engine.rootfs + "/mnt/c")
            $0.mounts += [
                .init(destination: "/mnt/a", type: "bind", source: shared, options: ["rbind", option]),
                .init(destination: "/mnt/b", type: "bind", source: shared, options: ["rbind", option, "ro"]),
                .init(destination: "/mnt/c", type: "bind", source: shared + "/file", options: ["bind", option]),
            ]
        }
        #expect(answer.output == "fromhost\nfromhost\n1\n", "\(answer.complaints)")
        let absent = try engine.run("true") {
            enterUserNamespace(&$0)
            $0.mounts.append(
                .init(destination: "/mnt/a", type: "bind", source: hidden + "/absent", options: ["rbind"]))
        }
        #expect(absent.status == 1 && absent.complaints.contains("open_tree \(hidden)/absent"), "\(absent.complaints)")
    }

    /// What a container mounts in a tree of the host's stays its own, though the host passes mounts on there; as `rshared`, which
    /// is the control, it is the host's as well, but never from a user namespace.
    @Test(arguments: [
        ("plain", "rbind"), ("user", "rbind"), ("user", "idmap"), ("user", "rshared"), ("plain", "rshared"),
    ])
    func mountsOfTheContainers(kind: String, option: String) throws {
        let shared = try shared()
        try SystemFile.makeDirectories(engine.rootfs + "/mnt/a")
        let bundle = try engine.bundle(
            engine.configuration("mount -t tmpfs inside /mnt/a/x && echo mounted") {
                if kind == "user" { enterUserNamespace(&$0) }
                for set in [\RuntimeConfiguration.Capabilities.bounding, \.effective, \.permitted] {
                    $0.process?.capabilities?[keyPath: set].append("CAP_SYS_ADMIN")
                }
                $0.mounts.append(
                    .init(destination: "/mnt/a", type: "bind", source: shared, options: ["rbind", option]))
            })
        let answer = try engine.shell(
            """
            exec unshare -m --propagation private sh -c 'mount -t tmpfs outside \(shared) && mount --make-shared \(shared) \
                && mkdir \(shared)/x && $runtime run --bundle \(bundle) \(engine.name()); grep -c inside /proc/self/mountinfo'
            """)
        #expect(
            answer.output == (kind == "plain" && option == "rshared" ? "mounted\n1\n" : "mounted\n0\n"),
            "\(answer.complaints)")
    }
}
