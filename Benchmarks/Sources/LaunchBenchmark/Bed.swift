import Containers
import Glibc
import Linux
import OCI
import Seccomp

/// What all lanes share: one root file system, one configuration, one filter; removed at the end.
final class Bed {
    let directory: String
    let rootPath: String
    let configuration: RuntimeConfiguration
    let filter: SeccompProgram
    let launcher: Launcher
    let host: HostFacts
    static let memory: Int64 = 128 << 20
    static let processors = 1.0
    static let processCount: Int64 = 64

    init(workload: String) throws {
        var template = Array("/tmp/isolab-benchmark-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError("mkdtemp", "/tmp") }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        rootPath = directory + "/rootfs"
        for folder in ["proc", "sys", "dev", "tmp", "etc"] { try SystemFile.makeDirectories("\(rootPath)/\(folder)") }
        let copied = try ProcessPlan("cp", [workload, rootPath + "/isolab-workload"]).spawn().wait()
        guard copied.succeeded else { throw SystemError("cp", workload, errno: ENOENT) }
        let profile = SeccompProfile.docker()
        filter = try SeccompProgramCache().program(for: profile)
        configuration = RuntimeConfiguration.docker(
            arguments: [], rootPath: rootPath, hostname: "floor", memory: Self.memory, processors: Self.processors,
            processCount: Self.processCount, seccomp: profile)
        launcher = try Launcher(stateDirectory: directory + "/state")
        host = try HostFacts.detect(stateDirectory: directory + "/state")
    }

    func remove() { _ = try? ProcessPlan("rm", ["-rf", "--one-file-system", directory]).spawn().wait() }

    func plan(_ arguments: [String]) throws -> LaunchPlan {
        var configuration = configuration
        configuration.process?.arguments = arguments
        return try LaunchPlan(
            configuration, root: .overlay(lower: [rootPath]),
            options: LaunchPlan.Options(filter: filter.words, filterFlags: filter.flags), host: host)
    }

    func writeFilter(_ program: SeccompProgram, named name: String) throws -> String {
        let path = "\(directory)/\(name)"
        try program.instructions.withUnsafeBytes { try write(Array($0), path) }
        return path
    }

    /// A bundle whose `config.json` is isolab's own configuration.
    func writeBundle(_ arguments: [String], cgroup: String) throws -> String {
        let bundle = directory + "/bundle"
        try SystemFile.makeDirectories(bundle)
        var configuration = configuration
        configuration.process?.arguments = arguments
        configuration.linux?.cgroupsPath = "/" + cgroup
        try write(configuration.json(indented: false), bundle + "/config.json")
        return bundle
    }

    private func write(_ bytes: [UInt8], _ path: String) throws {
        let file = try OwnedDescriptor(opening: path, O_WRONLY | O_CREAT | O_TRUNC)
        guard Glibc.write(file.number, bytes, bytes.count) == bytes.count else { throw SystemError("write", path) }
    }
}
