import Foundation
import Testing

@testable import OCI

/// The default container is given to the runtimes of others, unchanged.
@Suite struct PeerRuntimeTests {
    static let busybox = "/bin/busybox"

    /// crun and runc both accept the document and run the container it describes: its own hostname and process ids, the 14
    /// capabilities, read-only `/proc/sys` and the process limit.
    @Test(
        .enabled(if: geteuid() == 0, "needs root: the container has no user namespace"),
        .enabled(if: FileManager.default.isExecutableFile(atPath: busybox), "needs busybox-static"),
        arguments: ["crun", "runc"].filter { Program.find($0) != nil })
    func runsUnderPeer(runtime: String) throws {
        let bundle = try Bundle(files: [("bin/busybox", Self.busybox)])
        defer { bundle.remove() }
        let name = "isolab-oci-test-\(UUID().uuidString.prefix(8))"
        let script = """
            /bin/busybox hostname; echo pid $$
            /bin/busybox grep -E '^Cap(Bnd|Inh)' /proc/self/status
            /bin/busybox sh -c 'echo x > /proc/sys/kernel/hostname' 2>/dev/null || echo sys refused
            /bin/busybox cat /proc/sys/net/ipv4/ip_unprivileged_port_start
            """
        let configuration = RuntimeConfiguration.docker(
            arguments: ["/bin/busybox", "sh", "-c", script], hostname: "peer-test", cgroupPath: "/" + name,
            memory: 64 << 20, processors: 0.5, processCount: 32, seccomp: nil)
        try Data(configuration.json()).write(to: bundle.directory.appending(path: "config.json"))

        let path = try #require(Program.find(runtime))
        let result = try Program.runHidingUnifiedHierarchy(path, ["run", "--bundle", bundle.directory.path, name])
        #expect(result.status == 0, "\(result.output) \(result.errors)")
        let lines = result.output.split(separator: "\n").map { $0.split(whereSeparator: \.isWhitespace) }
        #expect(
            lines == [
                ["peer-test"], ["pid", "1"], ["CapInh:", "0000000000000000"], ["CapBnd:", "00000000a80425fb"],
                ["sys", "refused"], ["0"],
            ], "\(result.output) \(result.errors)")
    }

    /// The document to start from is one that others take, too: read-only root, own host name, three capabilities.
    @Test(
        .enabled(if: geteuid() == 0, "needs root: the container has no user namespace"),
        .enabled(if: FileManager.default.isExecutableFile(atPath: busybox), "needs busybox-static"),
        arguments: ["crun", "runc"].filter { Program.find($0) != nil })
    func starterRunsUnderPeer(runtime: String) throws {
        let bundle = try Bundle(files: [("bin/busybox", Self.busybox)])
        defer { bundle.remove() }
        let name = "isolab-oci-test-\(UUID().uuidString.prefix(8))"
        var configuration = RuntimeConfiguration.starter()
        configuration.process?.terminal = false
        configuration.process?.arguments = [
            "/bin/busybox", "sh", "-c",
            """
            /bin/busybox hostname; /bin/busybox grep -E '^Cap(Bnd|Amb)|^NoNewPrivs' /proc/self/status
            echo x 2>/dev/null > /x || echo read-only
            """,
        ]
        try Data(configuration.json()).write(to: bundle.directory.appending(path: "config.json"))

        let path = try #require(Program.find(runtime))
        let result = try Program.runHidingUnifiedHierarchy(path, ["run", "--bundle", bundle.directory.path, name])
        #expect(result.status == 0, "\(result.output) \(result.errors)")
        let lines = result.output.split(separator: "\n").map { $0.split(whereSeparator: \.isWhitespace) }
        #expect(
            lines == [
                ["isolab"], ["CapBnd:", "0000000020000420"], ["CapAmb:", "0000000000000000"], ["NoNewPrivs:", "1"],
                ["read-only"],
            ], "\(result.output) \(result.errors)")
    }

    /// What crun and runc print of a created container is a state here, too, with what both print beyond the specification.
    @Test(
        .enabled(if: geteuid() == 0, "needs root: the container has no user namespace"),
        .enabled(if: FileManager.default.isExecutableFile(atPath: busybox), "needs busybox-static"),
        arguments: ["crun", "runc"].filter { Program.find($0) != nil })
    func statesOfPeersAreRead(runtime: String) throws {
        let bundle = try Bundle(files: [("bin/busybox", Self.busybox)])
        defer { bundle.remove() }
        let name = "isolab-oci-test-\(UUID().uuidString.prefix(8))"
        var configuration = RuntimeConfiguration.starter()
        configuration.process?.terminal = false
        configuration.process?.arguments = ["/bin/busybox", "true"]
        configuration.annotations = ["org.example.key": "a \"value\""]
        try Data(configuration.json()).write(to: bundle.directory.appending(path: "config.json"))

        let path = try #require(Program.find(runtime))
        let script =
            #""$0" create --bundle "$1" "$2" < /dev/null > /dev/null && "$0" state "$2"; "$0" delete --force "$2""#
        let result = try Program.runHidingUnifiedHierarchy(
            "/bin/sh", ["-c", script, path, bundle.directory.path, name])
        #expect(result.status == 0, "\(result.output) \(result.errors)")
        let state = try ContainerState(json: result.output.utf8)
        #expect(state.id == name && state.status == .created && state.pid ?? 0 > 1, "\(state)")
        #expect(state.bundle == bundle.directory.path)
        #expect(state.annotations["org.example.key"] == "a \"value\"", "\(state)")
        // Absolute with runc, as it stands in the configuration with crun.
        #expect(state.rootfs?.hasSuffix("rootfs") == true && state.created?.hasSuffix("Z") == true, "\(state)")
        #expect(try ContainerState(json: state.json()) == state)
    }

    /// runc's features are features here, word for word.
    @Test(.enabled(if: Program.find("runc") != nil, "needs runc"))
    func featuresOfPeersAreRead() throws {
        let path = try #require(Program.find("runc"))
        let result = try Program.run(path, ["features"])
        #expect(result.status == 0, "\(result.errors)")
        let features = try Features(json: result.output.utf8)
        #expect(features.hooks?.contains("poststop") == true && features.mountOptions?.contains("rro") == true)
        #expect(features.linux?.seccomp?.enabled == true && features.linux?.cgroup?.v1 == true)
        // Every word that runc knows is known here.
        let seccomp = try #require(features.linux?.seccomp)
        #expect(seccomp.actions?.filter { SeccompProfile.Action(rawValue: $0) == nil } == [])
        #expect(seccomp.operators?.filter { SeccompProfile.Condition.Comparison(rawValue: $0) == nil } == [])
        #expect(seccomp.architectures?.filter { SeccompProfile.Architecture(rawValue: $0) == nil } == [])
        #expect(
            features.linux?.namespaces?.filter { RuntimeConfiguration.Namespace.Kind(rawValue: $0) == nil } == [])
        let ours = try #require(
            JSONSerialization.jsonObject(with: Data(features.json())) as? NSDictionary)
        let theirs = try #require(
            JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? NSDictionary)
        #expect(ours == theirs)
    }
}

/// A directory with a root file system of a few files, and room for a `config.json`.
struct Bundle {
    let directory: URL

    init(files: [(name: String, source: String)]) throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "isolab-bundle-\(UUID().uuidString)")
        for folder in ["bin", "proc", "dev", "sys", "etc", "tmp"] {
            try FileManager.default.createDirectory(
                at: directory.appending(path: "rootfs/\(folder)"), withIntermediateDirectories: true)
        }
        for file in files {
            try FileManager.default.copyItem(
                at: URL(filePath: file.source), to: directory.appending(path: "rootfs/\(file.name)"))
        }
    }

    func remove() { try? FileManager.default.removeItem(at: directory) }
}

/// Programs of the host, run to their end.
enum Program {
    static func find(_ name: String) -> String? {
        ["/usr/local/bin", "/usr/bin", "/usr/sbin", "/bin"].map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// crun refuses a host whose cgroup v2 has controllers beside those of v1; in a mount namespace of its own, without
    /// the v2 hierarchy, it runs.
    static func runHidingUnifiedHierarchy(
        _ path: String, _ arguments: [String]
    ) throws -> (status: Int32, output: String, errors: String) {
        let script = #"! mountpoint -q "$0" || umount "$0" && exec "$@""#
        return try run(
            "/usr/bin/unshare", ["--mount", "sh", "-c", script, "/sys/fs/cgroup/unified", path] + arguments)
    }

    static func run(
        _ path: String, _ arguments: [String]
    ) throws -> (status: Int32, output: String, errors: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/timeout")
        process.arguments = ["--kill-after=10", "300", path] + arguments
        let output = Pipe()
        let errors = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let outputText = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let errorText = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, outputText, errorText)
    }
}
