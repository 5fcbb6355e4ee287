import Glibc

extension Cgroup {
    /// The processes inside now.
    ///
    /// - Parameter recursive: with those of cgroups below it, which a container may have made.
    public func processes(recursive: Bool = false) throws(SystemError) -> [Int32] {
        guard let directory = directories.first else { return [] }
        return recursive ? try Self.processes(below: directory.path) : try Self.processes(in: directory.path)
    }

    /// Those inside now in any of its hierarchies: who is on his way in may be in one and not yet in another. With those below.
    package var everybody: Set<Int32> {
        Set(directories.flatMap { (try? Self.processes(below: $0.path)) ?? [] })
    }

    static func processes(in path: String) throws(SystemError) -> [Int32] {
        // 0 stands for a process outside the reader's pid namespace.
        try SystemFile.read(path + "/cgroup.procs").parts(between: "\n").compactMap { Int32($0) }.filter { $0 > 0 }
    }

    /// A cgroup below that goes meanwhile has nobody in it.
    static func processes(below path: String) throws(SystemError) -> [Int32] { try CgroupTree(path).processes() }

    // MARK: - Signals

    /// Sends a signal to everything inside, also in cgroups below; one that ends meanwhile is no error.
    ///
    /// SIGKILL is `kill()`: nobody escapes it. Other signals wait in a frozen cgroup until it is thawed.
    public func kill(signal: Int32) throws(SystemError) {
        if signal == SIGKILL { return try kill() }
        for pid in try processes(recursive: true) where Glibc.kill(pid, signal) != 0 {
            guard errno == ESRCH else { throw SystemError("kill", "process \(pid)") }
        }
    }

    /// Kills everything inside: by v2's `cgroup.kill`, which no fork escapes; on v1 again and again until nobody is left, the
    /// cgroup frozen meanwhile where that is not enough. A frozen cgroup is thawed: on v1 its processes cannot die before.
    public func kill() throws(SystemError) {
        let end = HostClock.now() + Self.patience
        // v2 first: what its one write kills, nobody needs to look for.
        for directory in directories.sorted(by: { $0.version > $1.version }) {
            guard SystemFile.exists(directory.path) else { continue }
            if directory.version == 2, (try? SystemFile.write("1", to: directory.path + "/cgroup.kill")) != nil {
                continue
            }
            try killOneByOne(directory, until: end)
        }
        // Of v2's frozen processes SIGKILL takes hold; v1's have it pending.
        thawForEnd()
    }

    /// Rounds of signals before the cgroup is frozen for the next: enough for everything but a fork bomb.
    private static let patientRounds = 20

    /// Nanoseconds: whoever is traced need not die, nor freeze, before his tracer lets him.
    private static let patience: UInt64 = 10_000_000_000

    private func killOneByOne(_ directory: Directory, until end: UInt64) throws(SystemError) {
        var round = 0
        while HostClock.now() < end {
            let members = try Self.processes(below: directory.path)
            if members.isEmpty { return }
            let frozen = classicFreezer.flatMap { try? SystemFile.read($0) }.map { !$0.starts("THAWED") } ?? false
            let freezes = round >= Self.patientRounds && !frozen && classicFreezer != nil
            if freezes { try? freeze() }
            for member in freezes ? try Self.processes(below: directory.path) : members { Glibc.kill(member, SIGKILL) }
            // What was frozen below, by a process inside perhaps, does not die either.
            if freezes || frozen || round > 0 { thawForEnd() }
            usleep(round < Self.patientRounds ? 1000 : 5000)
            round += 1
        }
    }
}

extension Cgroup {
    // MARK: - The end

    /// Ends what still runs inside, and removes the directories.
    ///
    /// Nobody is looked for where removing goes well at once, as after the end of a pid namespace: the kernel removes no
    /// cgroup with a process or a cgroup in it.
    public func end() throws(SystemError) {
        let left = directories.filter { $0.found || CgroupFile.removeDirectory($0.path) != 0 && errno != ENOENT }
        if !left.isEmpty { try kill() }
        do throws(SystemError) { try remove(left) } catch {
            guard error.errno == EBUSY else { throw error }
            // Who they are helps more than where.
            let pids = everybody.sorted()
            guard !pids.isEmpty, !isHeldFromAbove else {
                throw isHeldFromAbove
                    ? SystemError("remove", error.object, errno: EBUSY, advice: Self.heldFromAbove) : error
            }
            throw UndyingProcesses.error(pids)
        }
    }

    /// Removes those of the directories that nobody is in, and says whether somebody is in what is left.
    public func leave() -> Bool {
        let left = directories.filter { $0.found || CgroupFile.removeDirectory($0.path) != 0 && errno != ENOENT }
        return left.contains { ((try? Self.processes(below: $0.path)) ?? []).isEmpty == false }
    }

    /// Removes the directories, with cgroups that were made below them and directories above that were made for them; absent
    /// ones are no error. What was there before stays.
    ///
    /// A process that has just been reaped can still count for a moment: waits up to two seconds.
    public func remove() throws(SystemError) { try remove(directories) }

    /// - Parameter left: those of the directories that may still be there.
    private func remove(_ left: [Directory]) throws(SystemError) {
        for directory in left where !directory.found { try Self.remove(directory.path) }
        for directory in directories {
            // Somebody else may live there by now.
            for path in directory.made.reversed() where CgroupFile.removeDirectory(path) != 0 { break }
        }
    }

    private static func remove(_ path: String) throws(SystemError) {
        var wait: UInt32 = 50
        var waited: UInt32 = 0
        while CgroupFile.removeDirectory(path) != 0 {
            switch errno {
            case ENOENT: return
            case EBUSY where waited < 2_000_000:
                do throws(SystemError) { try CgroupTree(path).removeBelow() } catch {
                    guard error.errno == ENOENT else { throw error }
                }
                usleep(wait)
                waited += wait
                wait = min(wait * 2, 20_000)
            default: throw SystemError("rmdir", path)
            }
        }
    }
}
