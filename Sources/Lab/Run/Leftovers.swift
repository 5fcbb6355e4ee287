import Containers
import Glibc
import Linux
import Machines

/// What a `kill -9` of an earlier run left behind, found by its owner's name and released at the next start.
enum Leftovers {
    /// Children carry `ISOLAB_OWNER=<token>` so that they can be found without a record a launch.
    static let marker = "ISOLAB_OWNER"

    /// Ends processes and removes directories of owners that are gone.
    ///
    /// - Returns: what was released, one short phrase each.
    static func release(state: String) -> [String] {
        var released: [String] = []
        for leftover in (try? Containers.Leftovers.find(stateDirectory: state)) ?? [] {
            try? leftover.release()
            if !leftover.cgroups.isEmpty { released.append(leftover.description) }
        }
        for leftover in Machines.Leftovers.release(in: Machines.StateDirectory(root: state)) {
            released.append(leftover.description)
        }
        let dead = Files.names(in: "\(state)/lab").filter { Owner(token: $0).map { !$0.isAlive } ?? false }
        guard !dead.isEmpty else { return [] }
        for pid in orphans(of: Set(dead)) {
            Glibc.kill(pid, SIGKILL)
            released.append("process \(pid)")
        }
        for token in dead {
            let scratch = "\(state)/lab/\(token)"
            released += PeerLeftovers.release(scratch: scratch)
            for path in mounts(below: scratch) where umount2(path, Int32(MNT_DETACH)) == 0 {
                released.append("mount \(path)")
            }
            released += AccountingCgroup.removeAll(of: token)
            Files.removeTree(scratch)
            released.append("scratch of the run of process \(token.prefix { $0 != "-" })")
        }
        return released
    }

    /// Live processes whose environment names a dead owner.
    private static func orphans(of tokens: Set<String>) -> [Int32] {
        Files.names(in: "/proc").compactMap { Int32($0) }.filter { pid in
            guard let environment = try? Files.bytes("/proc/\(pid)/environ") else { return false }
            return environment.split(separator: 0).contains { entry in
                let text = String(decoding: entry, as: UTF8.self)
                return text.hasPrefix("\(marker)=") && tokens.contains(String(text.dropFirst(marker.count + 1)))
            }
        }
    }

    /// Mount points below a directory, the innermost first.
    static func mounts(below directory: String) -> [String] {
        guard let bytes = try? Files.bytes("/proc/self/mountinfo") else { return [] }
        return bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let fields = line.split(separator: UInt8(ascii: " "))
            guard fields.count > 4 else { return nil }
            let path = String(decoding: fields[4], as: UTF8.self)
            return path.hasPrefix(directory + "/") ? path : nil
        }.reversed()
    }
}
