import Linux
package import OCI

/// An image, and what is asked for beside it, as the `config.json` of a container (OCI image specification 1.1,
/// `conversion.md`): Docker's defaults below, the image's words above them, the caller's above those.
///
/// A pure value: nothing is looked up here. The mounts of the image's volumes and of `/etc/hosts` and its like are the
/// caller's.
package struct ImageRuntimeConfiguration: Equatable, Sendable {
    package var image: ImageConfiguration
    /// Who runs it: `image.execution.user`, or another, as `UserDatabase` resolved it.
    package var user: ResolvedUser
    /// In place of the image's entry point and, as Docker has it, of its command. Empty: no entry point.
    package var entrypoint: [String]?
    /// In place of the image's command.
    package var command: [String]?
    /// `NAME=value`, in place of the image's of that name; `NAME` alone takes the name away.
    package var environment: [String] = []
    /// `NAME=value`, where neither the image nor the caller names them; they stand after PATH.
    package var defaultEnvironment: [String] = []
    package var workingDirectory: String?
    package var hostname: String?
    package var terminal = false
    package var rootReadOnly = false
    /// Of limits: bytes, bytes with swap, processors' worth of time, processes.
    package var memory: Int64?
    package var memoryAndSwap: Int64?
    package var processors: Double?
    package var processCount: Int64?
    package var capabilities = RuntimeConfiguration.dockerCapabilities
    package var noNewPrivileges = false
    package var userMappings: RuntimeConfiguration.UserMappings?
    package var cgroupPath: String?
    /// Beside those that follow from the image.
    package var annotations: [String: String] = [:]

    package init(_ image: ImageConfiguration, user: ResolvedUser) {
        self.image = image
        self.user = user
    }

    /// What is run: entry point, then command.
    package var arguments: [String] {
        let entry = entrypoint ?? image.execution.entrypoint
        return entry + (command ?? (entrypoint == nil ? image.execution.command : []))
    }

    /// - Parameters:
    ///   - rootPath: the root file system, absolute or relative to the bundle.
    ///   - seccomp: Docker's profile for the capabilities, another, or nil for none.
    /// - Throws: `ConfigurationError` where there is nothing to run, or the working directory is no absolute path.
    package func runtimeConfiguration(
        rootPath: String = "rootfs", seccomp: SeccompProfile?
    ) throws(ConfigurationError) -> RuntimeConfiguration {
        let arguments = arguments
        guard !arguments.isEmpty else {
            throw ConfigurationError(
                document: "image configuration", path: "config.Cmd",
                problem: "the image names no command and none was given")
        }
        let directory = workingDirectory ?? image.execution.workingDirectory ?? "/"
        guard directory.starts("/") || directory.isEmpty else {
            throw ConfigurationError(
                document: "image configuration", path: "config.WorkingDir", problem: "\(directory) is not absolute")
        }
        var configuration = RuntimeConfiguration.docker(
            arguments: arguments, environment: fullEnvironment, workingDirectory: directory.isEmpty ? "/" : directory,
            user: RuntimeConfiguration.User(
                uid: user.uid, gid: user.gid,
                // The primary group is among them, or a file denied to it would be open to the process (CVE-2022-36109).
                additionalGids: [user.gid] + user.supplementaryGids.filter { $0 != user.gid }),
            rootPath: rootPath, rootReadOnly: rootReadOnly, hostname: hostname, cgroupPath: cgroupPath,
            memory: memory, memoryAndSwap: memoryAndSwap, processors: processors, processCount: processCount,
            userMappings: userMappings, capabilities: capabilities, seccomp: seccomp)
        configuration.process?.terminal = terminal
        configuration.process?.noNewPrivileges = noNewPrivileges
        // A program that is not root's has none of them, as Docker has it; they stay within its reach by set-user-id.
        if user.uid != 0 {
            configuration.process?.capabilities?.effective = []
            configuration.process?.capabilities?.permitted = []
        }
        configuration.annotations = allAnnotations
        return configuration
    }

    /// The image's variables, replaced and completed; PATH, and TERM on a terminal, first where nobody names them, as Docker
    /// has them.
    var fullEnvironment: [String] {
        // A name without a value, or a value without a name, is no variable, and the runtime would refuse it.
        var result = image.execution.environment.filter { $0.cut(at: "=").map { !$0.before.isEmpty } ?? false }
        for entry in environment {
            let name = EnvironmentName(entry)
            guard entry.utf8.contains(UInt8(ascii: "=")) else {
                result.removeAll { EnvironmentName($0) == name }
                continue
            }
            if let index = result.firstIndex(where: { EnvironmentName($0) == name }) {
                result[index] = entry
            } else {
                result.append(entry)
            }
        }
        func isAbsent(_ name: String) -> Bool { !result.contains { EnvironmentName($0).text == name } }
        var defaults: [String] = []
        if isAbsent("PATH") { defaults.append(RuntimeConfiguration.dockerPath) }
        defaults += defaultEnvironment.filter { isAbsent(String(EnvironmentName($0).text)) }
        if terminal, isAbsent("TERM") { defaults.append("TERM=xterm") }
        let home = isAbsent("HOME") ? ["HOME=\(user.home)"] : []
        return defaults + result + home
    }

    /// conversion.md, "Annotation Fields": what an image says of itself, under the names it has there; its labels, and the
    /// caller's, are stronger.
    var allAnnotations: [String: String] {
        var result: [String: String] = [:]
        func set(_ name: String, _ value: String?) {
            if let value, !value.isEmpty { result["org.opencontainers.image." + name] = value }
        }
        set("os", image.platform.os)
        set("architecture", image.platform.architecture)
        set("variant", image.platform.variant)
        set("os.version", image.platform.osVersion)
        set("os.features", image.platform.osFeatures.joined(separator: ","))
        set("author", image.author)
        set("created", image.created)
        set("stopSignal", image.execution.stopSignal)
        set("exposedPorts", image.execution.exposedPorts.keys.sorted().joined(separator: ","))
        result.merge(image.execution.labels) { _, label in label }
        result.merge(annotations) { _, own in own }
        return result
    }
}

/// What is before the `=` of `NAME=value`.
private struct EnvironmentName: Equatable {
    let text: Substring

    init(_ entry: String) {
        let end = entry.utf8.firstIndex(of: UInt8(ascii: "=")) ?? entry.endIndex
        text = entry[..<end]
    }
}
