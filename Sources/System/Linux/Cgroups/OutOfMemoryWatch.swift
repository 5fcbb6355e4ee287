import CLinux
import Glibc

/// Tells when a cgroup ran out of memory: a descriptor to `poll(2)`, beside a container's pidfd.
///
/// v1: an eventfd on `memory.oom_control`; v2: inotify on `memory.events`. Both also wake up when the cgroup goes, and v1 before
/// the kernel has chosen whom to kill: what happened is what `read` says.
public struct OutOfMemoryWatch: ~Copyable, Sendable {
    /// What a wake-up was about.
    public enum Event: Equatable, Sendable {
        /// Out of memory; so many processes were killed since the watch began. Without a kill they wait (disableOOMKiller), or the
        /// kernel found memory after all.
        case outOfMemory(kills: UInt64)
        /// Something else changed.
        case nothing
        /// The cgroup is gone: nothing will come any more.
        case gone
    }

    private let descriptor: OwnedDescriptor
    private let cgroup: Cgroup
    private let path: String
    private let version: Int
    private let before: UInt64
    private var last: UInt64
    private var lastMet: UInt64

    /// - Throws: also where the cgroup has no memory controller.
    public init(_ cgroup: Cgroup) throws(SystemError) {
        guard let directory = cgroup.directory(of: "memory") else {
            throw SystemError(
                "watch", "cgroup \(cgroup.name)", errno: ENOTSUP, advice: "it has no memory controller")
        }
        // Counted before the watch begins: what comes between the two is told once it is asked.
        let kills = try cgroup.outOfMemoryKills() ?? 0
        let met = try Self.met(directory.version, directory.path)
        let v1 = directory.version == 1
        descriptor = v1 ? try Self.watch(v1: directory.path) : try Self.watch(v2: directory.path)
        self.cgroup = cgroup
        path = directory.path
        version = directory.version
        before = kills
        last = kills
        lastMet = met
    }

    private static func watch(v1 path: String) throws(SystemError) -> OwnedDescriptor {
        let number = isolab_event_descriptor()
        guard number >= 0 else { throw SystemError("eventfd", path) }
        let event = OwnedDescriptor(owning: number)
        let control = try OwnedDescriptor(opening: path + "/memory.oom_control", O_RDONLY)
        try SystemFile.write("\(event.number) \(control.number)", to: path + "/cgroup.event_control")
        return event
    }

    private static func watch(v2 path: String) throws(SystemError) -> OwnedDescriptor {
        let number = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
        guard number >= 0 else { throw SystemError("inotify_init1", path) }
        let watch = OwnedDescriptor(owning: number)
        guard inotify_add_watch(watch.number, path + "/memory.events", UInt32(IN_MODIFY | IN_DELETE_SELF)) >= 0 else {
            throw SystemError("inotify_add_watch", path + "/memory.events")
        }
        return watch
    }

    /// How often an allocation failed for want of memory; v2 alone counts it.
    private static func met(_ version: Int, _ path: String) throws(SystemError) -> UInt64 {
        guard version == 2 else { return 0 }
        return CgroupText.keyed(try SystemFile.read(path + "/memory.events"))["oom"] ?? 0
    }

    /// Readable when there is something to be told; borrowed.
    public var number: Int32 { descriptor.number }

    /// Takes what came, after the descriptor was readable.
    public mutating func read() throws(SystemError) -> Event {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(descriptor.number, &buffer, version == 1 ? 8 : buffer.count)
        if count < 0, errno != EAGAIN, errno != EINTR { throw SystemError("read", "events of \(path)") }
        do throws(SystemError) {
            guard let kills = try cgroup.outOfMemoryKills() else { return .gone }
            let met = try Self.met(version, path)
            defer { (last, lastMet) = (kills, met) }
            // v1 wakes up for nothing else; v2's file counts much that is harmless.
            if version == 1 { return count > 0 ? .outOfMemory(kills: kills - before) : .nothing }
            return kills > last || met > lastMet ? .outOfMemory(kills: kills - before) : .nothing
        } catch {
            if error.errno == ENOENT || error.errno == ENODEV { return .gone }
            throw error
        }
    }
}
