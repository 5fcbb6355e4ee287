import Glibc
import Linux
import Machines

/// What this host can do, found by doing it: nothing here trusts a device file or a version where it can try.
///
/// Everything that would change a process is tried in a child that ends at once; what has to be made (a cgroup, a scratch
/// directory) is removed again.
package enum Doctor {
    /// The name of the capability that an ordinary user is told of: whether images run for him.
    package static let imagesWithoutRoot = UserChecks.name

    /// Looks at everything, under three seconds.
    ///
    /// - Parameters:
    ///   - stateDirectory: where isolab keeps what outlives a process; its own choice where not given.
    ///   - cacheDirectory: where it keeps kernels and archives; its own choice where not given.
    ///   - connect: a libvirt URI; the embedded driver where not given.
    package static func examine(
        stateDirectory: String? = nil, cacheDirectory: String? = nil, connect: String? = nil
    ) -> [Capability] {
        let paths = DoctorPaths(state: stateDirectory, cache: cacheDirectory)
        // Asking libvirt waits mostly; the rest is looked at meanwhile.
        let driver = Concurrently { MachineChecks.driver(paths, connect: connect) }
        let ground = geteuid() == 0 ? Self.ground(paths, inside: []) : UserChecks.all { Self.ground(paths, inside: $0) }
        let programs = SecurityChecks.all() + ProgramChecks.all(paths)
        let machines = [MachineChecks.accelerator(.probe()), MachineChecks.kernel(paths)]
        let all = ground + programs + [driver.value()] + machines
        return geteuid() == 0 ? all.map(\.forRoot) : all
    }

    /// - Parameter entry: joins the user namespace in which an ordinary user does what root does.
    private static func ground(_ paths: DoctorPaths, inside entry: [ChildStep]) -> [Capability] {
        PrivilegeChecks.all() + NamespaceChecks.all(inside: entry) + CgroupChecks.all()
            + FileChecks.all(paths, inside: entry)
    }
}

/// The directories that the checks look at.
struct DoctorPaths {
    /// Directory of the running program, where its companions stand too.
    let programs: String
    let state: String
    let cache: String

    init(state: String? = nil, cache: String? = nil) {
        programs = StandardDirectories.programs
        self.state = state ?? StandardDirectories.state
        self.cache = cache ?? StandardDirectories.cache
    }

    /// The nearest directory above a path that exists: where it would be made.
    static func existing(_ path: String) -> String {
        var path = path
        while !SystemFile.exists(path), let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            path = String(path[..<slash])
        }
        return SystemFile.exists(path) ? path : "/"
    }
}
