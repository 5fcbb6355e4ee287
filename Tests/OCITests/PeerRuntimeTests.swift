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
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
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
