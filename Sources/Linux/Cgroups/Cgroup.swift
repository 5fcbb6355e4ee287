import Glibc

/// A cgroup that exists: one directory in each hierarchy of this host. Its owner removes it.
public struct Cgroup: Equatable, Sendable {
    /// The directory above all of isolab's cgroups, in every hierarchy.
    public static let base = "isolab"

    public let name: String
    public let directories: [CgroupPlan.Directory]

    /// Takes what a plan describes to be there (a cgroup left by an earlier process).
    public init(existing plan: CgroupPlan) {
        name = plan.name
        directories = plan.directories
    }

    /// Makes a cgroup with limits on this host's layout: below the hierarchy's root as root, else below the caller's own
    /// cgroup, which must have been delegated to it.
    public static func create(
        named name: String, limits: CgroupLimits = CgroupLimits(), layout: CgroupLayout? = nil
    ) throws(SystemError) -> Cgroup {
        let known: CgroupLayout
        if let layout { known = layout } else { known = try CgroupLayout.detect() }
        return try create(CgroupPlan(name: name, limits: limits, layout: known, delegated: geteuid() != 0))
    }

    /// Does a plan; what was made is removed again where a step fails.
    public static func create(_ plan: CgroupPlan) throws(SystemError) -> Cgroup {
        let cgroup = Cgroup(existing: plan)
        var made: [String] = []
        do throws(SystemError) {
            for directory in plan.directories {
                try make(directory)
                made.append(directory.path)
                for setting in directory.settings { try write(setting, in: directory) }
            }
        } catch {
            for path in made { try? remove(path, depth: 0) }
            throw error.stage == nil ? error.during("cgroup") : error
        }
        return cgroup
    }

    private static func make(_ directory: CgroupPlan.Directory) throws(SystemError) {
        if mkdir(directory.path, 0o755) == 0 { return }
        guard errno == ENOENT else { throw SystemError("mkdir", directory.path) }
        try CgroupBase.prepare(directory)
        if mkdir(directory.path, 0o755) != 0 { throw SystemError("mkdir", directory.path) }
    }

    private static func write(
        _ setting: CgroupLimits.Setting, in directory: CgroupPlan.Directory
    ) throws(SystemError) {
        var value = setting.value
        if value.isEmpty { value = try SystemFile.read("\(directory.base)/\(setting.file)") }
        do throws(SystemError) {
            try SystemFile.write(value, to: "\(directory.path)/\(setting.file)")
        } catch {
            // A kernel without swap accounting has no such file; then memory alone is the limit.
            if error.errno == ENOENT, setting.file.contains("memsw") || setting.file.contains("swap") { return }
            throw error
        }
    }

    // MARK: - Joining

    /// Opens the way in. The files are opened by the parent: a child in a user namespace would have no right to.
    package func openEntry() throws(SystemError) -> CgroupEntry {
        var tasks: [Int32] = []
        var unified: Int32 = -1
        do throws(SystemError) {
            for directory in directories {
                if directory.version == 2 {
                    unified = try OwnedDescriptor(opening: directory.path, OwnedDescriptor.pathOnly | O_DIRECTORY)
                        .release()
                } else {
                    tasks.append(try OwnedDescriptor(opening: directory.path + "/tasks", O_WRONLY).release())
                }
            }
        } catch {
            _ = CgroupEntry(taskFiles: tasks, unified: unified)
            throw error
        }
        return CgroupEntry(taskFiles: tasks, unified: unified)
    }

    /// Moves a process that runs already. Prefer to start it inside: moving costs a grace period (10 ms and more).
    public func move(_ pid: Int32) throws(SystemError) {
        for directory in directories { try SystemFile.write("\(pid)", to: directory.path + "/cgroup.procs") }
    }

    // MARK: - Figures

    /// The directory of a controller here.
    public func directory(of controller: String) -> CgroupPlan.Directory? {
        directories.first { $0.controllers.contains(controller) }
    }

    private func number(_ controller: String, v1: String, v2: String) throws(SystemError) -> UInt64? {
        guard let directory = directory(of: controller) else { return nil }
        return try SystemFile.readNumber("\(directory.path)/\(directory.version == 1 ? v1 : v2)")
    }

    /// Bytes charged now: anonymous memory, page cache first touched here, and the kernel's own for these processes.
    public func memoryCurrent() throws(SystemError) -> UInt64? {
        try number("memory", v1: "memory.usage_in_bytes", v2: "memory.current")
    }

    /// The largest charge ever, in bytes; nil before kernel 5.19 on v2.
    public func memoryPeak() throws(SystemError) -> UInt64? {
        do throws(SystemError) {
            return try number("memory", v1: "memory.max_usage_in_bytes", v2: "memory.peak")
        } catch {
            if error.errno == ENOENT { return nil }
            throw error
        }
    }

    /// Nanoseconds of CPU that everything ever inside has used.
    public func cpuTime() throws(SystemError) -> UInt64? {
        if let directory = directory(of: "cpuacct"), directory.version == 1 {
            return try SystemFile.readNumber("\(directory.path)/cpuacct.usage")
        }
        // v2 counts CPU in every cgroup, whether or not the controller is enabled.
        guard let directory = directories.first(where: { $0.version == 2 }) else { return nil }
        return try keyed("\(directory.path)/cpu.stat", "usage_usec").map { $0 * 1000 }
    }

    /// How many processes the kernel killed here for want of memory.
    public func outOfMemoryKills() throws(SystemError) -> UInt64? {
        guard let directory = directory(of: "memory") else { return nil }
        let file = directory.version == 1 ? "memory.oom_control" : "memory.events"
        return try keyed("\(directory.path)/\(file)", "oom_kill")
    }

    private func keyed(_ path: String, _ key: String) throws(SystemError) -> UInt64? {
        for line in try SystemFile.read(path).split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == key { return UInt64(words[1]) }
        }
        return nil
    }

    /// The processes inside now; without those of cgroups below it.
    public func processes() throws(SystemError) -> [Int32] {
        guard let directory = directories.first else { return [] }
        return try SystemFile.read("\(directory.path)/cgroup.procs").split(separator: "\n").compactMap { Int32($0) }
    }

    // MARK: - The end

    /// Kills everything inside (v2's `cgroup.kill`, which no fork escapes; on v1 again and again until nobody is left).
    public func kill() throws(SystemError) {
        for directory in directories {
            guard SystemFile.exists(directory.path) else { continue }
            if directory.version == 2, (try? SystemFile.write("1", to: directory.path + "/cgroup.kill")) != nil {
                continue
            }
            for _ in 0..<1000 {
                let text = try SystemFile.read(directory.path + "/cgroup.procs")
                let members = text.split(separator: "\n").compactMap { Int32($0) }.filter { $0 > 0 }
                if members.isEmpty { break }
                for member in members { Glibc.kill(member, SIGKILL) }
                usleep(1000)
            }
        }
    }

    /// Removes the directories, with cgroups that were made below them; absent ones are no error.
    ///
    /// A process that has just been reaped can still count for a moment: waits up to two seconds.
    public func remove() throws(SystemError) {
        for directory in directories { try Self.remove(directory.path, depth: 0) }
    }

    private static func remove(_ path: String, depth: Int) throws(SystemError) {
        var wait: UInt32 = 50
        var waited: UInt32 = 0
        while rmdir(path) != 0 {
            switch errno {
            case ENOENT: return
            case EBUSY where waited < 2_000_000:
                if depth < 8 {
                    for name in (try? SystemFile.names(in: path)) ?? [] where isDirectory("\(path)/\(name)") {
                        try remove("\(path)/\(name)", depth: depth + 1)
                    }
                }
                usleep(wait)
                waited += wait
                wait = min(wait * 2, 20_000)
            default: throw SystemError("rmdir", path)
            }
        }
    }

    private static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
