import Glibc
import Linux

/// Where the paths of one side of a copy are looked up: on this host as its user sees it, or in a container.
///
/// A container's links are resolved below its root (`openat2(2)`, RESOLVE_IN_ROOT), whatever they say and whoever changes them
/// meanwhile: no path of a container is ever looked up on this host (CVE-2018-15664, CVE-2019-14271).
final class CopyRoot {
    /// `O_PATH`; −1: this host.
    private let number: Int32
    /// What messages write before a path.
    private let prefix: String
    /// Where something is mounted whenever the container runs, which it does not.
    private let absentMounts: [String]
    /// Those of them that are volumes.
    private let absentVolumes: Set<String>
    /// What is no file to copy.
    let kernelFiles: KernelFiles

    /// This host.
    init() throws(SystemError) {
        kernelFiles = try KernelFiles(of: "self")
        number = -1
        prefix = ""
        absentMounts = []
        absentVolumes = []
    }

    /// - Parameter root: of a container, by the descriptor that was opened once.
    init(
        _ root: consuming OwnedDescriptor, of container: String, absentMounts: [String] = [],
        absentVolumes: Set<String> = [], kernelFiles: KernelFiles = .none
    ) {
        self.kernelFiles = kernelFiles
        number = root.release()
        prefix = container + ":"
        self.absentMounts = absentMounts
        self.absentVolumes = absentVolumes
    }

    deinit { if number >= 0 { close(number) } }

    /// A path for messages.
    func shown(_ path: String) -> String { prefix + FileName.shown(path.utf8) }

    /// Opens what a path leads to.
    ///
    /// - Parameter flags: `O_PATH` among them: a device or a pipe is named, and never opened.
    /// - Returns: nil where nothing is there.
    func open(_ path: String, _ flags: Int32) throws(SystemError) -> OwnedDescriptor? {
        let opened =
            number < 0
            ? EntryCalls.open(path, in: AT_FDCWD, flags)
            : EntryCalls.open(path, inRoot: number, crossesMounts: true, flags)
        if opened >= 0 { return OwnedDescriptor(owning: opened) }
        guard errno == ENOENT || errno == ENOTDIR else { throw SystemError("open", shown(path)) }
        return nil
    }

    /// Refuses what a mount of the container hides, or shows, when it runs: what lies below is not what its user means.
    func refuseAbsentMounts(_ file: borrowing OwnedDescriptor, _ path: String) throws {
        guard let place = try place(of: file.number) else { return }
        for mount in absentMounts {
            guard let there = try open(mount, OwnedDescriptor.pathOnly), let target = try self.place(of: there.number),
                place == target || place.starts(target + "/")
            else { continue }
            throw EngineError.unsupported(
                "\(shown(path)) is in what is mounted at \(mount) when the container runs, which it does not",
                advice: absentVolumes.contains(mount)
                    ? "start it first; `isolab volume export` and `import` work on volumes at any time"
                    : "start it first")
        }
    }

    /// The mounts that are missing in a directory and below it.
    func missing(below file: borrowing OwnedDescriptor) throws(SystemError) -> [String] {
        guard let place = try place(of: file.number) else { return [] }
        let beginning = place == "/" ? "/" : place + "/"
        var found: [String] = []
        for mount in absentMounts where !HostFiles.paths.contains(mount) {
            guard let there = try open(mount, OwnedDescriptor.pathOnly), let target = try self.place(of: there.number),
                target.starts(beginning)
            else { continue }
            found.append(mount)
        }
        return found
    }

    /// Where an open file of a container is, links resolved; nil on this host.
    private func place(of descriptor: Int32) throws(SystemError) -> String? {
        guard number >= 0, !absentMounts.isEmpty else { return nil }
        let own = try Procfs.readLink("/proc/self/fd/\(number)")
        let place = try Procfs.readLink("/proc/self/fd/\(descriptor)").path(below: own)
        return place?.isEmpty == true ? "/" : place
    }
}
