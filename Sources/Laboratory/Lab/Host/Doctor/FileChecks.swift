import Glibc
import Linux

/// Overlay file system and space for scratch.
enum FileChecks {
    static func all(_ paths: DoctorPaths, inside entry: [ChildStep] = []) -> [Capability] {
        [
            overlay(inside: entry), space("state", paths.state, wanted: 64 << 20),
            space("cache", paths.cache, wanted: 512 << 20),
        ]
    }

    /// Mounts one on a tmpfs, in a mount namespace that ends with the child.
    ///
    /// - Parameter entry: joins a user namespace, in which an ordinary user may mount; empty: as he is.
    static func overlay(inside entry: [ChildStep] = []) -> Capability {
        let name = "overlay file system"
        // /tmp is covered only in the child's own namespace; nothing is left behind.
        let base = "/tmp"
        let steps: [ChildStep] = [
            .mount(source: "", target: "/", type: "", flags: [.recursive, .isPrivate], data: ""),
            .mount(source: "tmpfs", target: base, type: "tmpfs", flags: [], data: ""),
            .makeDirectory(path: "\(base)/lower", mode: 0o755), .makeDirectory(path: "\(base)/upper", mode: 0o755),
            .makeDirectory(path: "\(base)/work", mode: 0o755), .makeDirectory(path: "\(base)/merged", mode: 0o755),
            .mount(
                source: "overlay", target: "\(base)/merged", type: "overlay", flags: [],
                data: "lowerdir=\(base)/lower,upperdir=\(base)/upper,workdir=\(base)/work"
                    + (entry.isEmpty ? "" : ",userxattr")),
            .makeDirectory(path: "\(base)/merged/copied-up", mode: 0o755),
        ]
        do throws(SystemError) {
            if entry.isEmpty {
                try ChildAttempt.run(steps, in: .mount)
            } else {
                try ChildAttempt.run(entry + [.unshare(.mount)] + steps)
            }
            return Capability(
                name, .works, "one was mounted and written to" + (entry.isEmpty ? "" : ", in a user namespace"),
                needed: true)
        } catch {
            let remedy =
                error.errno == ENODEV ? "sudo modprobe overlay" : error.errno == EPERM ? "sudo isolab doctor" : ""
            return Capability(name, .missing, "\(error)", remedy: remedy, needed: true)
        }
    }

    /// - Parameter wanted: bytes below which a run would be cut short.
    static func space(_ purpose: String, _ path: String, wanted: UInt64) -> Capability {
        let directory = DoctorPaths.existing(path)
        var information = statvfs()
        let name = "space for \(purpose)"
        guard statvfs(directory, &information) == 0 else {
            return Capability(name, .missing, "\(SystemError("statvfs", directory))", needed: true)
        }
        guard access(directory, W_OK) == 0 else {
            return Capability(
                name, .missing, "\(directory) cannot be written to", remedy: "sudo isolab bench", needed: true)
        }
        let free = UInt64(information.f_bavail) * UInt64(information.f_frsize)
        let size = "\(binarySize(kibibytes: Int(free / 1024))) free for \(path)"
        if free >= wanted { return Capability(name, .works, size, needed: true) }
        return Capability(
            name, free <= wanted / 8 ? .missing : .limited,
            "\(size); a run may need \(binarySize(kibibytes: Int(wanted / 1024)))",
            remedy: "free space below \(directory)",
            needed: true)
    }
}
