internal import Glibc
internal import Linux

/// What killed drivers left behind: found by their records, released by the next start.
package enum GuestLeftovers {
    /// One thing released.
    package struct Released: Hashable, Sendable, CustomStringConvertible {
        package enum Kind: Hashable, Sendable {
            /// QEMU's process.
            case process(Int32)
            /// A libvirt daemon's guest, by name.
            case guest(String)
            case directory
        }

        package let kind: Kind
        /// The dead driver's root.
        package let root: String

        package var description: String {
            switch kind {
            case .process(let pid): "guest process \(pid) of a driver that is gone (\(root))"
            case .guest(let name): "guest \(name) of a driver that is gone (\(root))"
            case .directory: "directory \(root)"
            }
        }
    }

    /// The roots whose owner is gone, with the processes that still use them.
    package static func find(in stateDirectory: StateDirectory) -> [Released] {
        deadRoots(in: stateDirectory).flatMap { root in
            processes(using: DaemonDirectory.path(recordedIn: root)).map { Released(kind: .process($0), root: root) }
                + [Released(kind: .directory, root: root)]
        }
    }

    private static func deadRoots(in stateDirectory: StateDirectory) -> [String] {
        let parent = stateDirectory.path("vm")
        // A name with a dot in front is one being made.
        let names = (try? SystemFile.names(in: parent)) ?? []
        return names.filter { !$0.hasPrefix(".") }.map { "\(parent)/\($0)" }.filter { root in
            guard let text = try? SystemFile.read(root + "/owner"), let owner = OwnedDirectory.owner(text) else {
                return true
            }
            return !owner.isAlive
        }
    }

    /// Ends and removes them. A directory whose guest cannot be ended stays, as its record.
    ///
    /// - Parameter program: `isolab-vm`, which asks a daemon to end its guests; beside the running program where `nil`.
    @discardableResult
    package static func release(in stateDirectory: StateDirectory, program: String? = nil) -> [Released] {
        var released = ForeignLeftovers.release(
            roots: deadRoots(in: stateDirectory), in: stateDirectory,
            program: program ?? GuestDriver.besideThisProgram())
        let left = find(in: stateDirectory)
        // With all that runs in them: processes that nobody could name otherwise.
        for leftover in left where leftover.kind == .directory { GuestCgroup.remove(recordedIn: leftover.root) }
        for leftover in left {
            switch leftover.kind {
            case .process(let pid): end(pid)
            case .guest: break
            case .directory:
                let place = DaemonDirectory.path(recordedIn: leftover.root)
                guard processes(using: place).isEmpty else { continue }
                if place != leftover.root { DaemonDirectory.remove(place) }
                try? TreeRemoval.remove(leftover.root)
            }
            released.append(leftover)
        }
        return released
    }

    /// Ends and removes the cgroups of guests whose isolab is gone, whatever state directory they are written down in.
    ///
    /// - Returns: what was released, and what could not be, one short phrase each.
    package static func releaseCgroups() -> (released: [String], kept: [String]) {
        guard StandardDirectories.isHostRoot, let layout = try? CgroupLayout.detect() else { return ([], []) }
        var result: (released: [String], kept: [String]) = ([], [])
        for name in GuestCgroup.abandoned(layout) {
            do throws(SystemError) {
                try GuestCgroup.release(name, layout)
                result.released.append("cgroup \(name) of a guest whose isolab is gone")
            } catch { result.kept.append("cgroup \(name): \(error)") }
        }
        return result
    }

    /// The emulators whose command line names a path below the root: no record can be late or lost.
    static func processes(using root: String) -> [Int32] {
        let mark = Array((root + "/").utf8)
        return ((try? SystemFile.names(in: "/proc")) ?? []).compactMap { Int32($0) }.filter { pid in
            guard pid != getpid(), let line = try? SystemFile.bytes(of: "/proc/\(pid)/cmdline"),
                line.prefix(while: { $0 != 0 }).suffix(40).contains(Array("qemu".utf8))
            else { return false }
            return line.contains(mark)
        }
    }

    /// SIGKILL, then up to two seconds until it is gone.
    static func end(_ pid: Int32) {
        kill(pid, SIGKILL)
        for _ in 0..<200 {
            guard let status = ProcessStatus(pid: pid), status.state != "Z" else { return }
            usleep(10_000)
        }
    }
}

extension Sequence where Element == UInt8 {
    /// Whether the bytes stand in it, one after the other.
    func contains(_ pattern: [UInt8]) -> Bool {
        let all = Array(self)
        guard !pattern.isEmpty, all.count >= pattern.count else { return pattern.isEmpty }
        return (0...(all.count - pattern.count)).contains { all[$0..<$0 + pattern.count].elementsEqual(pattern) }
    }
}
