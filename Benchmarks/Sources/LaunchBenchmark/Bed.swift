import BenchmarkSupport
import Containers
import Linux
import OCI
import Seccomp

/// What all lanes share: one root file system, one configuration, one filter; removed at the end.
final class Bed {
    private let scratch: Scratch
    var directory: String { scratch.directory }
    var rootPath: String { scratch.rootPath }
    let configuration: RuntimeConfiguration
    let filter: SeccompProgram
    let launcher: Launcher
    let host: HostFacts
    static let memory: Int64 = 128 << 20
    static let processors = 1.0
    static let processCount: Int64 = 64

    init(workload: String) throws {
        scratch = try Scratch(program: workload, as: "isolab-workload")
        let profile = SeccompProfile.docker()
        filter = try SeccompProgramCache().program(for: profile)
        configuration = RuntimeConfiguration.docker(
            arguments: [], rootPath: scratch.rootPath, hostname: "floor", memory: Self.memory,
            processors: Self.processors,
            processCount: Self.processCount, seccomp: profile)
        launcher = try Launcher(stateDirectory: scratch.directory + "/state")
        host = try HostFacts.detect(stateDirectory: scratch.directory + "/state")
    }

    func remove() { scratch.remove() }

    func plan(_ arguments: [String]) throws -> LaunchPlan {
        var configuration = configuration
        configuration.process?.arguments = arguments
        return try LaunchPlan(
            configuration, root: .overlay(lower: [rootPath]),
            options: LaunchPlan.Options(filter: filter.words, filterFlags: filter.flags), host: host)
    }

    func writeFilter(_ program: SeccompProgram, named name: String) throws -> String {
        let path = "\(directory)/\(name)"
        try program.instructions.withUnsafeBytes { try writeFile(Array($0), path) }
        return path
    }

    /// A bundle whose `config.json` is isolab's own configuration.
    func writeBundle(_ arguments: [String], cgroup: String) throws -> String {
        let bundle = directory + "/bundle"
        try SystemFile.makeDirectories(bundle)
        var configuration = configuration
        configuration.process?.arguments = arguments
        configuration.linux?.cgroupsPath = "/" + cgroup
        try writeFile(configuration.json(indented: false), bundle + "/config.json")
        return bundle
    }
}
