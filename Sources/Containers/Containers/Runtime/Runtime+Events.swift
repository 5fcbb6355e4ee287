import Glibc
public import Linux
import OCI

/// One line of `events`, in the form of runc's, which engines read.
struct ContainerEvent<Data: Encodable>: Encodable {
    /// `stats` or `oom`.
    var type: String
    var id: String
    var data: Data?
}

extension Runtime {
    /// A container's figures.
    public func statistics(of id: String) throws -> CgroupStatistics {
        let (record, _) = try live(id, for: "read the statistics of")
        return try cgroup(of: record).statistics()
    }

    /// Whether its cgroup counts what passes block devices: where it does not, no figure is not none.
    public func countsBlocks(of id: String) throws -> Bool {
        let (record, _) = try live(id, for: "read the statistics of")
        return cgroup(of: record).directories.contains { directory in
            directory.version == 2
                ? SystemFile.exists("\(directory.path)/io.stat") : directory.controllers.contains("blkio")
        }
    }

    /// A container's figures as one line of JSON (`events --stats`).
    public func figures(of id: String) throws -> String {
        let (record, _) = try live(id, for: "read the statistics of")
        return try JSONText.of(ContainerEvent(type: "stats", id: id, data: try cgroup(of: record).statistics()))
    }

    /// Prints figures again and again, and each want of memory as it comes, until the container has stopped.
    ///
    /// - Parameters:
    ///   - interval: milliseconds between two prints of the figures.
    ///   - print: takes a line.
    public func follow(_ id: String, every interval: Int, print: (String) -> Void) throws {
        let (record, _) = try live(id, for: "follow")
        guard let process = record.process else { return }
        let cgroup = cgroup(of: record)
        var watch = try OutOfMemoryWatch(cgroup)
        var next = HostClock.now() + UInt64(interval) * 1_000_000
        while process.isAlive {
            let now = HostClock.now()
            if now >= next {
                print(try JSONText.of(ContainerEvent(type: "stats", id: id, data: try cgroup.statistics())))
                next = now + UInt64(interval) * 1_000_000
            }
            // The end of the process is looked for four times a second: it is not a child of this command.
            let left = min(Int((next - now) / 1_000_000) + 1, 250)
            var ready = pollfd(fd: watch.number, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, Int32(left)) > 0 else { continue }
            switch try watch.read() {
            case .outOfMemory: print(try JSONText.of(ContainerEvent<Int>(type: "oom", id: id, data: nil)))
            case .nothing: continue
            case .gone: return
            }
        }
    }
}
