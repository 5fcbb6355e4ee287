import Glibc
import Linux
import TestSupport
import Testing

/// An isolab with a data directory, a state directory and a disk of its own, to which things happen at random instants.
///
/// Every command sees `$place/run` as `/run/isolab`: what one leaves there is this test's alone, however many others run.
final class Misfortune {
    let place: Place
    var instants = RandomInstants()
    /// Besides `ISOLAB_DATA`.
    var data: String { place.path + "/data" }

    init() throws {
        place = try Place()
        try SystemFile.makeDirectories(place.path + "/run", mode: 0o711)
        try SystemFile.makeDirectories("/run/isolab", mode: 0o711)
        print("seed \(instants.seed)")
    }

    private static let privately = """
        mount --bind "$place/run" /run/isolab || exit 99
        export ISOLAB_DATA="${ISOLAB_DATA:-$place/data}"

        """

    /// Runs a shell line to its end.
    func shell(_ line: String) throws -> IsolabProgram.Result {
        try IsolabProgram.shell(Self.privately + line, in: place, prefix: ["unshare", "--mount"])
    }

    /// Runs a shell line that must succeed.
    @discardableResult func must(_ line: String, _ sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
        let result = try shell(line)
        #expect(result.status == 0, "\(line): \(result.output)\(result.complaints)", sourceLocation: sourceLocation)
        return result.output
    }

    /// How long a shell line takes when nothing happens to it, nanoseconds.
    func duration(_ line: String) throws -> UInt64 {
        let start = HostClock.now()
        try must(line)
        return HostClock.now() - start
    }

    /// What was killed, for messages.
    struct Killed: CustomStringConvertible {
        let instant: Int
        let victim: String
        let family: ProcessFamily
        /// Of the command, which may have ended before.
        let status: Int32

        var description: String { "\(victim) killed after \(instant) µs" }
    }

    /// Starts a command that ends in isolab, kills it or one of its descendants at a random instant of a length of time, and waits
    /// for its end and that of everything it started.
    ///
    /// - Parameter goesOn: the command outlives the end of its descendants, and is told to end (SIGINT) some time after.
    func killAtRandom(_ line: String, within length: UInt64, goesOn: Bool = false) throws -> Killed {
        let log = try OwnedDescriptor(opening: place.path + "/log", O_WRONLY | O_CREAT | O_TRUNC)
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDONLY)
        let process = try ProcessPlan(
            "unshare", ["--mount", "/bin/sh", "-c", Self.privately + "exec \(line)"],
            environment: ProcessPlan.ownEnvironment() + ["isolab=\(IsolabProgram.path)", "place=\(place.path)"],
            workingDirectory: place.path
        ).spawn(StandardStreams(input: null.number, output: log.number, error: log.number))
        let instant = instants.sleep(within: length)
        let family = ProcessFamily(stopping: process.pid)
        let members = family.members
        // Every other time the command itself.
        let victim =
            instants.below(2) == 0
            ? members.first : members.isEmpty ? nil : members[instants.below(members.count)]
        if let victim { kill(victim.pid, SIGKILL) }
        family.resume()
        if goesOn, victim?.pid != process.pid {
            usleep(UInt32(instants.below(300_000)))
            try process.kill(SIGINT)
        }
        let survivors = family.survivors()
        #expect(
            survivors.isEmpty,
            "\(victim?.name ?? "nobody") killed after \(instant) µs, these live: \(survivors.map(\.name)); \(place.read("log"))"
        )
        for survivor in survivors { kill(survivor.pid, SIGKILL) }
        return Killed(
            instant: instant, victim: victim.map { "\($0.name)" } ?? "nobody", family: family,
            status: try process.wait(for: line).shellStatus)
    }

    /// What the next commands find and say: everything freed by the first, nothing left for the second.
    func checkFreed(after what: some CustomStringConvertible, cgroups: Set<String> = []) throws {
        let first = try shell("exec \"$isolab\" doctor --clean --state-directory /run/isolab")
        #expect(first.status == 0, "\(what): \(first.output)\(first.complaints)")
        let second = try shell("exec \"$isolab\" doctor --clean --state-directory /run/isolab")
        #expect(second.status == 0 && second.output == "nothing was left behind\n", "\(what): \(second.output)")
        let left = cgroups.filter { access($0, F_OK) == 0 }
        #expect(left.isEmpty, "\(what): cgroups")
        let mounts = try MountEntry.all().map(\.target).filter {
            $0.hasPrefix(place.path + "/") && $0 != place.path + "/disk"
        }
        #expect(mounts.isEmpty, "\(what): mounts")
        for directory in ["run/vm", "run/lab", "run/containers"] {
            let names = Processes.names(in: "\(place.path)/\(directory)")
            #expect(names.isEmpty, "\(what): \(directory)")
        }
    }

    /// The store is whole, and nothing is in it that no image or container needs.
    func checkStore(after what: some CustomStringConvertible, data: String? = nil) throws {
        let data = data ?? self.data
        let check = try shell("ISOLAB_DATA='\(data)' exec \"$isolab\" image check")
        #expect(check.status == 0, "\(what): \(check.output)\(check.complaints)")
        for (directory, kept) in [
            ("images/builds", ["cache", "caches"]), ("images/containers", []), ("images/ingest", []),
            ("containers", ["live", "names"]), ("containers/live", []), ("containers/names", []),
        ] as [(String, [String])] {
            let names = Processes.names(in: "\(data)/\(directory)").filter { !kept.contains($0) }
            #expect(names.isEmpty, "\(what): \(directory)")
        }
    }

    // MARK: - A disk that is full

    /// `$place/disk`, of a size.
    func mountDisk(_ bytes: Int) throws {
        let disk = place.path + "/disk"
        try SystemFile.makeDirectories(disk)
        let options = "size=\(bytes),mode=755"
        try retryingOnInterrupt("mount", disk) { mount("tmpfs", disk, "tmpfs", 0, options) }
    }

    /// Room again.
    func enlargeDisk() throws {
        try retryingOnInterrupt("remount", place.path + "/disk") {
            mount("tmpfs", place.path + "/disk", "tmpfs", UInt(MS_REMOUNT), "size=512m")
        }
    }

    func unmountDisk() { umount2(place.path + "/disk", Int32(MNT_DETACH)) }

    /// Bytes of a directory, as its file system counts them.
    func size(of directory: String) throws -> Int {
        let words = try must("du -sB1 '\(directory)'").split(separator: "\t")
        return try #require(words.first.flatMap { Int($0) })
    }

    deinit { unmountDisk() }
}
