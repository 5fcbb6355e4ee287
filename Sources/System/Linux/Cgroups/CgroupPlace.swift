/// Where a cgroup stands in every hierarchy, as an OCI configuration says it (`linux.cgroupsPath`, config-linux.md).
///
/// An absolute path counts from the hierarchy's root, or from the caller's own cgroup where that is all it may change; a
/// relative one from isolab's own directory there.
public struct CgroupPlace: Equatable, Sendable {
    public let isAbsolute: Bool
    /// The names of the directories from there on, the cgroup's own last; at least one.
    public let components: [String]

    /// A path that names no place for a cgroup, and why.
    public struct Invalid: Error, Equatable, Sendable, CustomStringConvertible {
        public let path: String
        public let reason: String

        public var description: String { "'\(path)' \(reason)" }
    }

    /// Longer names no file system takes (`NAME_MAX`).
    private static let longestName = 255

    /// - Throws: `Invalid` for a path that is empty or the root, leaves its place (`..`), or has a name no cgroup can have.
    public init(_ path: String) throws(Invalid) {
        isAbsolute = path.starts("/")
        let rest = Substring(isAbsolute ? path.utf8.dropFirst() : path.utf8[...])
        // Whatever it is put together from, as by runc and crun: `/pods//one/` and `/pods/./one` are `/pods/one`.
        components = rest.parts(between: "/").filter { $0 != "." }.map { String($0) }
        guard !components.isEmpty else { throw Invalid(path: path, reason: "names no cgroup below the root") }
        for name in components {
            if name == ".." { throw Invalid(path: path, reason: "must not contain '\(name)'") }
            if name.utf8.count > Self.longestName {
                throw Invalid(path: path, reason: "has a component of more than \(Self.longestName) bytes")
            }
            // The kernel refuses a line feed, which would break /proc/<pid>/cgroup; a zero byte would cut the path short.
            if name.utf8.contains(where: { $0 == 0 || $0 == UInt8(ascii: "\n") }) {
                throw Invalid(path: path, reason: "has a component with a control character")
            }
        }
    }

    /// One directory below isolab's own, or below another base.
    init(name: String) {
        isAbsolute = false
        components = [name]
    }

    /// Whether a path is meant for systemd, `slice:prefix:name` as runc's `--systemd-cgroup` takes it: no place in the file
    /// system, but a unit that systemd is to be asked for.
    public static func isForSystemd(_ path: String) -> Bool {
        let parts = path.fields(between: ":")
        guard parts.count == 3, !path.holds("/"), !parts[2].isEmpty else { return false }
        return parts[0].isEmpty || parts[0] == "-" || parts[0].ends(".slice")
    }
}
