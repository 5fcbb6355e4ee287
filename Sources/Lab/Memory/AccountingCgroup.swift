import Glibc
import Linux

/// A fresh cgroup around one sandbox's processes, so that its charge can be read: the common measure of all lanes.
///
/// The child must be born inside, or what it touched before would stay charged elsewhere. On v1 the calling thread joins
/// for the moment of the launch (`tasks` takes threads); on v2 the whole harness would have to, so it moves the child in
/// right after the launch, and the few pages touched until then are charged outside: said in the ledger's method.
final class AccountingCgroup {
    private let directory: String
    private let isUnified: Bool
    private var removed = false

    private static let prefix = "isolab-lab"

    /// The memory controller's root: v1's own mount, else the unified one.
    private static let root: (path: String, isUnified: Bool)? = {
        if Files.isDirectory("/sys/fs/cgroup/memory") { return ("/sys/fs/cgroup/memory", false) }
        let controllers = (try? Files.bytes("/sys/fs/cgroup/cgroup.controllers")) ?? []
        let offers = String(decoding: controllers, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        return offers.contains("memory") ? ("/sys/fs/cgroup", true) : nil
    }()

    /// Makes the cgroup; `nil` where the host has no memory controller that may be used.
    init?(_ name: String) throws(SystemError) {
        guard let root = Self.root else { return nil }
        directory = "\(root.path)/\(Self.prefix)-\(name)"
        isUnified = root.isUnified
        try retryingOnInterrupt("mkdir", directory) { mkdir(directory, 0o755) }
    }

    /// Runs `start` so that the process it makes is charged here.
    func starting(_ start: () throws(SystemError) -> ChildProcess) throws(SystemError) -> ChildProcess {
        if isUnified {
            let child = try start()
            try Files.write("\(child.pid)", to: "\(directory)/cgroup.procs")
            return child
        }
        let home = Self.ownPath()
        try Files.write("0", to: "\(directory)/tasks")
        defer { try? Files.write("0", to: "\(home)/tasks") }
        return try start()
    }

    /// The calling thread's own v1 memory cgroup.
    private static func ownPath() -> String {
        let lines = (try? Files.bytes("/proc/thread-self/cgroup")) ?? []
        for line in String(decoding: lines, as: UTF8.self).split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            if fields.count == 3, fields[1].split(separator: ",").contains("memory") {
                return "/sys/fs/cgroup/memory" + (fields[2] == "/" ? "" : fields[2])
            }
        }
        return "/sys/fs/cgroup/memory"
    }

    /// Bytes charged now.
    var charge: UInt64? {
        let file = isUnified ? "memory.current" : "memory.usage_in_bytes"
        guard let bytes = try? Files.bytes("\(directory)/\(file)") else { return nil }
        return UInt64(String(decoding: bytes, as: UTF8.self).prefix { $0.isNumber })
    }

    func remove() throws(SystemError) {
        guard !removed else { return }
        removed = true
        try Self.remove(directory)
    }

    /// A cgroup whose last process was just reaped may be busy for a moment.
    private static func remove(_ directory: String) throws(SystemError) {
        for _ in 0..<100 {
            if rmdir(directory) == 0 || errno == ENOENT { return }
            guard errno == EBUSY else { break }
            usleep(1000)
        }
        throw SystemError("rmdir", directory)
    }

    /// Removes the cgroups of an owner that is gone.
    static func removeAll(of token: String) -> [String] {
        guard let root else { return [] }
        return Files.names(in: root.path).filter { $0.hasPrefix("\(prefix)-isolab-\(token)-") }.compactMap { name in
            (try? remove("\(root.path)/\(name)")) != nil ? "cgroup \(name)" : nil
        }
    }

    deinit { try? remove() }
}
