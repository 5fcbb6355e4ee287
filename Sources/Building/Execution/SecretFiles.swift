import Containerfiles
import Glibc
import Linux
import OCI

/// What one command may see of a build's secrets, as files and variables for as long as it starts.
///
/// The files are where state is kept, which is memory on most hosts, in a directory that nobody else may look into; they lose their
/// names as soon as the container has them mounted.
final class SecretFiles {
    /// `NAME=value`
    private(set) var environment: [String] = []
    private var directory: String?
    private var files: [(path: String, target: String)] = []

    /// Greater ones are refused, as BuildKit does.
    private static let greatestSize = 500 << 10

    init(_ mounts: [BuildStep.Mount], _ given: [BuildSecret]) throws {
        for mount in mounts {
            guard case .secret(let secret) = mount.kind else { continue }
            guard let own = given.last(where: { $0.identifier == secret.identifier }) else {
                guard !secret.isRequired else {
                    throw BuildError.unavailable(
                        "the command needs the secret '\(secret.identifier)'",
                        advice: "give it by --secret id=\(secret.identifier),src=FILE")
                }
                continue
            }
            let content = try Self.content(of: own)
            if let variable = secret.variable {
                guard let text = String(validating: content, as: UTF8.self), !content.contains(0) else {
                    throw BuildError.unavailable(
                        "the secret '\(secret.identifier)' is no text that a variable could hold", advice: "use a file")
                }
                environment.append("\(variable)=\(text)")
            }
            if secret.isFile { try add(content, secret, target: mount.target) }
        }
    }

    deinit { remove() }

    private static func content(of secret: BuildSecret) throws -> [UInt8] {
        switch secret.source {
        case .file(let path): return try SystemFile.document(path, limit: greatestSize)
        case .variable(let name):
            guard let value = getenv(name) else {
                throw BuildError.unavailable("the variable \(name) is not set", advice: "--secret names another")
            }
            return Array(UnsafeRawBufferPointer(start: value, count: strlen(value)))
        }
    }

    private func add(_ content: [UInt8], _ secret: Instruction.Secret, target: String) throws {
        let directory = try self.directory ?? Self.makeDirectory()
        self.directory = directory
        let path = "\(directory)/\(files.count)"
        let file = try OwnedDescriptor(opening: path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        try SystemFile.write(content, to: file.number, "a secret")
        files.append((path, target))
        if fchown(file.number, secret.uid, secret.gid) != 0 {
            throw IdentityMaps.ownerError("fchown", "a secret", user: secret.uid, group: secret.gid)
        }
        if fchmod(file.number, mode_t(secret.mode)) != 0 { throw SystemError("fchmod", "a secret") }
    }

    private static func makeDirectory() throws -> String {
        let state = StandardDirectories.state
        try StandardDirectories.claim(state)
        let directory = "\(state)/secrets-\(getpid())-\(HostClock.now())"
        if mkdir(directory, 0o700) != 0 { throw SystemError("mkdir", directory) }
        return directory
    }

    func mounts(workingDirectory: String) -> [RuntimeConfiguration.Mount] {
        files.map { file in
            RuntimeConfiguration.Mount(
                destination: ImagePath.joined(workingDirectory, file.target), type: "bind", source: file.path,
                options: ["bind", "ro", "nosuid", "nodev", "noexec"])
        }
    }

    func remove() {
        for file in files { unlink(file.path) }
        if let directory { rmdir(directory) }
    }
}
