import Containers
import Glibc
import Linux
import Machines

/// What a `kill -9` of an earlier run left behind, found by its owner's name and released at the next start.
enum RunLeftovers {
    /// Children carry `ISOLAB_OWNER=<token>` so that they can be found without a record a launch.
    static let marker = "ISOLAB_OWNER"

    /// Ends processes and removes directories of owners that are gone.
    ///
    /// - Returns: what was released and what could not be, one short phrase each.
    static func release(state: String) -> (released: [String], kept: [String]) {
        var released: [String] = []
        var kept: [String] = []
        do {
            for leftover in try Leftovers.find(stateDirectory: state) {
                do {
                    try leftover.release()
                    if !leftover.cgroups.isEmpty { released.append(leftover.description) }
                } catch { kept.append("\(leftover): \(error)") }
            }
        } catch { kept.append("containers: \(error)") }
        for leftover in GuestLeftovers.release(in: Machines.StateDirectory(root: state)) {
            released.append(leftover.description)
        }
        // Those of guests that are written down elsewhere, in another run's state directory.
        let cgroups = GuestLeftovers.releaseCgroups()
        released += cgroups.released
        kept += cgroups.kept
        let dead = Files.names(in: "\(state)/lab").filter { ProcessIdentity(token: $0).map { !$0.isAlive } ?? false }
        for pid in orphans(of: Set(dead)) {
            Glibc.kill(pid, SIGKILL)
            released.append("process \(pid)")
        }
        for token in dead {
            let scratch = "\(state)/lab/\(token)"
            released += PeerLeftovers.release(scratch: scratch)
            for path in mounts(below: scratch) {
                if umount2(path, Int32(MNT_DETACH)) == 0 {
                    released.append("mount \(path)")
                } else {
                    kept.append("mount \(path): \(SystemError.message(errno))")
                }
            }
            released += AccountingCgroup.removeAll(of: token)
            try? TreeRemoval.remove(scratch)
            released.append("scratch of the run of process \(token.prefix { $0 != "-" })")
        }
        return (released, kept)
    }

    /// Live processes whose environment names a dead owner.
    private static func orphans(of tokens: Set<String>) -> [Int32] {
        Files.names(in: "/proc").compactMap { Int32($0) }.filter { pid in
            guard let environment = try? SystemFile.bytes(of: "/proc/\(pid)/environ") else { return false }
            return environment.split(separator: 0).contains { entry in
                let text = String(decoding: entry, as: UTF8.self)
                return text.hasPrefix("\(marker)=") && tokens.contains(String(text.dropFirst(marker.count + 1)))
            }
        }
    }

    /// Mount points below a directory, the innermost first.
    static func mounts(below directory: String) -> [String] {
        let targets = ((try? MountEntry.all()) ?? []).map(\.target)
        return targets.filter { $0.starts(directory + "/") }.reversed()
    }
}
