import BenchmarkSupport
import Glibc
import Linux
import OCI
import Seccomp

/// Bundles with one root file system and Docker's configuration: all namespaces but user, a cgroup with limits, Docker's
/// mounts, masks, capabilities and seccomp profile. Every container has its own cgroup, and so its own `config.json`.
struct Bundles {
    let scratch: Scratch
    /// Where runtimes keep what they know: in memory, as /run is on most machines.
    let states: String
    let keepsStatesInMemory: Bool
    private static let program = "/true"
    private static let memory: Int64 = 128 << 20

    init(program: String) throws {
        scratch = try Scratch(program: program, as: "true")
        let memory = ["/run", "/dev/shm"].first(where: isInMemory)
        states = try makeTemporaryDirectory(in: memory ?? "/tmp")
        keepsStatesInMemory = memory != nil
    }

    /// A copy of a program, as an installed one is: what a linker wrote lies in the page cache in single pages, and its
    /// starts take a quarter of a millisecond more.
    func install(_ program: String) throws -> String {
        let path = scratch.directory + "/isolab-runtime"
        guard try ProcessPlan("cp", [program, path]).spawn().wait().succeeded else {
            throw SystemError("cp", program, errno: ENOENT)
        }
        return path
    }

    func remove() throws {
        scratch.remove()
        _ = try ProcessPlan("rm", ["-rf", states]).spawn().wait()
    }

    /// - Parameters:
    ///   - waits: whether the program waits to be ended.
    ///   - memory: the limit in bytes.
    /// - Returns: the bundle's directory.
    func make(_ identifier: String, waits: Bool = false, memory: Int64 = Self.memory) throws -> String {
        let bundle = "\(scratch.directory)/\(identifier)"
        try SystemFile.makeDirectories(bundle)
        let configuration = RuntimeConfiguration.docker(
            arguments: [Self.program] + (waits ? ["wait"] : []), rootPath: scratch.rootPath, hostname: "bundle",
            cgroupPath: "/" + identifier, memory: memory, processors: 1, processCount: 64,
            seccomp: SeccompProfile.docker())
        try writeFile(configuration.json(indented: false), bundle + "/config.json")
        return bundle
    }

    /// The command line of a start like these by the C program (`Floor/floor.c`).
    func floorArguments() throws -> [String] {
        let filter = scratch.directory + "/filter"
        try SeccompProgramCache().program(for: SeccompProfile.docker()).instructions.withUnsafeBytes {
            try writeFile(Array($0), filter)
        }
        let mountPoint = scratch.directory + "/floor"
        return [scratch.rootPath, filter, mountPoint, "\(Self.memory)", "100000", "64", Self.program]
    }

    /// What `exec` runs.
    static let executed = [program]
}
