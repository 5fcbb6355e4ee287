import Glibc
import Linux

// What a benchmark does with the machine it runs on.

public func warn(_ message: String) {
    let line = Array((message + "\n").utf8)
    _ = write(STDERR_FILENO, line, line.count)
}

/// crun refuses a host that has controllers in cgroup v2 beside those of v1. Every lane then runs in a mount namespace
/// without the v2 hierarchy, so that all see the same host.
public func hideUnifiedHierarchy() {
    let unified = "/sys/fs/cgroup/unified"
    guard access(unified + "/cgroup.controllers", F_OK) == 0 else { return }
    let script = #"umount "$0" && exec "$@""#
    let words = ["unshare", "--mount", "sh", "-c", script, unified] + CommandLine.arguments
    var pointers = words.map { strdup($0) } + [nil]
    execv("/usr/bin/unshare", &pointers)
    warn("unshare: \(SystemError.message(errno)): crun may refuse this host")
}

public func find(_ program: String) -> String? {
    ["/usr/local/bin", "/usr/bin", "/usr/sbin", "/bin"].map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
}

public func makeTemporaryDirectory(in parent: String) throws -> String {
    var template = Array("\(parent)/isolab-benchmark-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemError("mkdtemp", parent) }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Whether a directory is on a tmpfs.
public func isInMemory(_ path: String) -> Bool {
    // The last mount of a path is the one that is seen.
    (try? MountEntry.all())?.last { $0.target == path }?.type == "tmpfs"
}

/// A directory of a benchmark's own with a root file system in it.
public struct Scratch {
    public let directory: String
    public let rootPath: String

    /// - Parameters:
    ///   - program: copied into the root file system.
    ///   - name: its name there.
    public init(program: String, as name: String) throws {
        directory = try makeTemporaryDirectory(in: "/tmp")
        rootPath = directory + "/rootfs"
        for folder in ["proc", "sys", "dev", "tmp", "etc"] { try SystemFile.makeDirectories("\(rootPath)/\(folder)") }
        let copied = try ProcessPlan("cp", [program, "\(rootPath)/\(name)"]).spawn().wait()
        guard copied.succeeded else { throw SystemError("cp", program, errno: ENOENT) }
    }

    public func remove() { _ = try? ProcessPlan("rm", ["-rf", "--one-file-system", directory]).spawn().wait() }
}

public func writeFile(_ bytes: [UInt8], _ path: String) throws {
    let file = try OwnedDescriptor(opening: path, O_WRONLY | O_CREAT | O_TRUNC)
    guard Glibc.write(file.number, bytes, bytes.count) == bytes.count else { throw SystemError("write", path) }
}

public func writeFile(_ text: String, _ path: String) throws { try writeFile(Array(text.utf8), path) }

/// Both ends of a pipe, closed on exec.
public func makePipe() throws -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw SystemError("pipe", "output") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
}

/// Reads to the end; tells when the first byte came.
public func readAll(_ descriptor: Int32) -> (first: UInt64, text: String) {
    var first: UInt64 = 0
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
        let count = read(descriptor, &chunk, chunk.count)
        if count < 0, errno == EINTR { continue }
        if count <= 0 { break }
        if first == 0 { first = HostClock.now() }
        bytes += chunk[..<count]
    }
    return (first, String(decoding: bytes, as: UTF8.self))
}
