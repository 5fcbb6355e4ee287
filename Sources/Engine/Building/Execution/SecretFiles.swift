import Containerfiles
import Containers
import Glibc
import Linux
import OCI

/// What one command may see of a build's secrets, as files and variables for as long as it starts.
///
/// The files are in a file system in memory, mounted in a mount namespace of one thread's own for as long as the command's container
/// is made, which takes them with it: they are in no directory of the host's, and a build that is killed leaves nothing of them.
final class SecretFiles {
    private struct File {
        let content: [UInt8]
        let secret: Instruction.Secret
        let target: String
    }

    /// `NAME=value`
    private(set) var environment: [String] = []
    /// Where they are in that thread's mount namespace; empty for everybody else.
    private var directory = ""
    private var files: [File] = []
    private var thread: PrivateMountThread?

    /// Greater ones are refused, as BuildKit does.
    private static let greatestSize = 500 << 10

    init(_ mounts: [BuildStep.Mount], _ given: [BuildSecret], _ workspace: BuildWorkspace) throws {
        for mount in mounts {
            guard case .secret(let secret) = mount.kind else { continue }
            guard let own = given.last(where: { $0.identifier == secret.identifier }) else {
                guard !secret.isRequired else {
                    throw BuildError.unavailable(
                        "RUN needs the secret '\(secret.identifier)'",
                        advice: "pass it with --secret id=\(secret.identifier),src=FILE")
                }
                continue
            }
            let content = try Self.content(of: own)
            if let variable = secret.variable {
                guard let text = String(validating: content, as: UTF8.self), !content.contains(0) else {
                    throw BuildError.unavailable(
                        "the secret '\(secret.identifier)' is not text, so a variable cannot hold it",
                        advice: "use a file")
                }
                environment.append("\(variable)=\(text)")
            }
            if secret.isFile { files.append(File(content: content, secret: secret, target: mount.target)) }
        }
        if !files.isEmpty { directory = try workspace.makeDirectory("secrets") }
    }

    // What was launched by a thread may end with it (PR_SET_PDEATHSIG): it lives as long as the value does.
    deinit { thread?.end() }

    private static func content(of secret: BuildSecret) throws -> [UInt8] {
        switch secret.source {
        case .file(let path): return try SystemFile.document(path, limit: greatestSize, takesPipes: true)
        case .variable(let name):
            guard let value = getenv(name) else {
                throw BuildError.unavailable("the variable \(name) is not set", advice: "--secret names another")
            }
            return Array(UnsafeRawBufferPointer(start: value, count: strlen(value)))
        }
    }

    /// Makes a container that sees them.
    func launching(_ body: () throws -> Container) throws -> Container {
        guard !files.isEmpty else { return try body() }
        let thread = try PrivateMountThread(hiding: [])
        self.thread = thread
        return try thread.run {
            try mountMemory()
            // The container has them mounted.
            defer { umount2(directory, Int32(MNT_DETACH)) }
            for (index, file) in files.enumerated() { try write(file, to: path(index)) }
            return try body()
        }
    }

    private func mountMemory() throws(SystemError) {
        let flags = UInt(MS_NOSUID | MS_NODEV | MS_NOEXEC)
        // Not to be swapped out either, where the kernel knows that (6.4) and allows it.
        for options in ["mode=0700,noswap", "mode=0700"] {
            if mount("secrets", directory, "tmpfs", flags, options) == 0 { return }
        }
        throw SystemError("mount tmpfs", directory)
    }

    private func path(_ index: Int) -> String { "\(directory)/\(index)" }

    private func write(_ secret: File, to path: String) throws {
        let file = try OwnedDescriptor(opening: path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        try SystemFile.write(secret.content, to: file.number, "a secret")
        let (uid, gid) = (secret.secret.uid, secret.secret.gid)
        if fchown(file.number, uid, gid) != 0 {
            throw IdentityMaps.ownerError("fchown", "a secret", user: uid, group: gid)
        }
        if fchmod(file.number, mode_t(secret.secret.mode)) != 0 { throw SystemError("fchmod", "a secret") }
    }

    func mounts(workingDirectory: String) -> [RuntimeConfiguration.Mount] {
        files.enumerated().map { index, file in
            RuntimeConfiguration.Mount(
                destination: ImagePath.joined(workingDirectory, file.target), type: "bind", source: path(index),
                options: ["bind", "ro", "nosuid", "nodev", "noexec"])
        }
    }
}
