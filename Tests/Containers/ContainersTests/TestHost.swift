import Containers
import Glibc
import Linux
import OCI
import TestSupport
import Testing

/// What the tests need of this host, and why a test is passed over without it.
enum TestHost {
    static let busybox: String? = (["/bin/busybox", "/usr/bin/busybox"] as [String]).first { access($0, X_OK) == 0 }
    static var isRoot: Bool { geteuid() == 0 }
    static var canRun: Bool { isRoot && busybox != nil }
    static let reason: Comment = "needs root and busybox-static"

    /// Distributions have it as a module, which a guest of our own does not load.
    static let hasOverlay = ((try? SystemFile.read("/proc/filesystems")) ?? "").contains("overlay")

    static let hasMemoryController =
        isRoot && ((try? CgroupLayout.detect())?.controllers.contains("memory") ?? false)
}

/// A root file system of busybox in a directory of its own, and a state directory beside it; removed with the value.
final class TestBed {
    private let place: TemporaryDirectory
    let directory: String
    let root: String
    let launcher: Launcher
    let host: HostFacts

    init() throws {
        place = try TemporaryDirectory(mode: 0o755)
        directory = place.path
        root = directory + "/rootfs"
        for folder in ["bin", "proc", "sys", "dev", "tmp", "etc", "data"] {
            try SystemFile.makeDirectories("\(root)/\(folder)")
        }
        chmod(root + "/tmp", 0o1777)
        let busybox = TestHost.busybox ?? "/bin/busybox"
        let copied = try ProcessPlan("cp", [busybox, root + "/bin/busybox"]).spawn().wait()
        try #require(copied.succeeded)
        for tool in [
            "sh", "cat", "id", "ls", "hostname", "mkdir", "touch", "sleep", "ip", "true", "head", "mknod", "grep", "rm",
            "readlink", "wc",
        ] {
            symlink("busybox", "\(root)/bin/\(tool)")
        }
        launcher = try Launcher(stateDirectory: directory + "/state")
        host = try HostFacts.detect(stateDirectory: directory + "/state")
        chmod(directory + "/state", 0o755)
    }

    /// A writable layer above the tree, or the tree as it is.
    private var ordinaryRoot: RootFileSystem { TestHost.hasOverlay ? .overlay(lower: [root]) : .directory(root) }

    /// Docker's defaults for a shell script.
    func configuration(
        _ script: String, change: (inout RuntimeConfiguration) -> Void = { _ in }
    ) -> RuntimeConfiguration {
        var configuration = RuntimeConfiguration.docker(arguments: ["sh", "-c", script], seccomp: nil)
        change(&configuration)
        return configuration
    }

    func plan(
        _ script: String, root: RootFileSystem? = nil, options: LaunchPlan.Options = LaunchPlan.Options(),
        change: (inout RuntimeConfiguration) -> Void = { _ in }
    ) throws -> LaunchPlan {
        try LaunchPlan(
            configuration(script, change: change), root: root ?? ordinaryRoot, options: options,
            host: host)
    }

    struct Outcome {
        var exit: ProcessExit
        var output: String
    }

    /// Runs a plan to its end and releases it.
    func run(_ plan: LaunchPlan, whileRunning: (Container) throws -> Void = { _ in }) throws -> Outcome {
        let pipe = try Pipe()
        let container = try launcher.launch(plan, streams: StandardStreams(output: pipe.writeEnd, error: pipe.writeEnd))
        pipe.closeWriteEnd()
        var failure: (any Error)?
        do { try whileRunning(container) } catch {
            failure = error
            try container.kill(SIGKILL)
        }
        let output = try pipe.readAll()
        let exit = try container.wait()
        try container.release()
        if let failure { throw failure }
        return Outcome(exit: exit, output: output)
    }

    func run(_ script: String, change: (inout RuntimeConfiguration) -> Void = { _ in }) throws -> Outcome {
        try run(plan(script, change: change))
    }
}

extension Pipe {
    /// What others write up to the end of a line.
    func readLine() -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while read(readEnd, &byte, 1) == 1, byte != UInt8(ascii: "\n") { bytes.append(byte) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
