package import Glibc
package import Linux

/// A process and everything that came of it, stopped at an instant: who is who can be asked then, and one of them killed.
package struct ProcessFamily {
    /// One process; another one of its number later is not it.
    package struct Member: Hashable, Sendable {
        package let pid: Int32
        package let startTime: UInt64
        package let name: String

        /// Whether it is there and no zombie, which is gone but for its number.
        package var isAlive: Bool {
            guard let status = try? Procfs.status(of: pid) else { return false }
            return status.startTime == startTime && status.state != "Z" && status.state != "X"
        }
    }

    /// The process itself first.
    package private(set) var members: [Member] = []
    /// Their directories in the mounted hierarchies of cgroups, those of the caller left out.
    package private(set) var cgroups: Set<String> = []

    /// Stops the process, then its descendants, until nobody is left who could make another.
    package init(stopping root: Int32) {
        var isStable = false
        while !isStable {
            isStable = true
            for pid in [root] + ((try? Procfs.descendants(of: root)) ?? []) {
                guard let status = try? Procfs.status(of: pid), status.state != "Z",
                    !members.contains(where: { $0.pid == pid && $0.startTime == status.startTime })
                else { continue }
                kill(pid, SIGSTOP)
                members.append(Member(pid: pid, startTime: status.startTime, name: status.name))
                isStable = false
            }
        }
        let own = Self.cgroups(of: "self")
        for member in members { cgroups.formUnion(Self.cgroups(of: "\(member.pid)").subtracting(own)) }
    }

    /// Lets those go on that are left.
    package func resume() {
        // Children before parents: whoever waits for one finds it as it was.
        for member in members.reversed() where member.isAlive { kill(member.pid, SIGCONT) }
    }

    /// Waits until all have ended, half a minute at most.
    ///
    /// - Returns: those who have not.
    package func survivors() -> [Member] {
        for _ in 0..<3000 {
            if !members.contains(where: \.isAlive) { return [] }
            usleep(10_000)
        }
        return members.filter(\.isAlive)
    }

    /// As `/proc/<pid>/cgroup` names them (cgroups(7)), below the mount points of a Debian host.
    private static func cgroups(of process: String) -> Set<String> {
        let lines = ((try? SystemFile.read("/proc/\(process)/cgroup")) ?? "").split(separator: "\n")
        let mounts = ((try? MountEntry.all()) ?? []).filter { $0.type.hasPrefix("cgroup") }
        var found: Set<String> = []
        for line in lines {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            // Whoever is in the root of a hierarchy has no directory there.
            guard fields.count == 3, fields[2] != "/" else { continue }
            let controllers = fields[1].split(separator: ",").map(String.init)
            for mount in mounts {
                let options = mount.superOptions.split(separator: ",").map(String.init)
                let isOfLine =
                    controllers.isEmpty
                    ? mount.type == "cgroup2" : mount.type == "cgroup" && Set(controllers).isSubset(of: options)
                if isOfLine { found.insert(mount.target + fields[2]) }
            }
        }
        return found
    }
}
