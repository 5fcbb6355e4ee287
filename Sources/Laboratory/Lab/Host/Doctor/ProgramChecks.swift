import Glibc
import Linux

/// isolab's own companions, QEMU and the peers.
enum ProgramChecks {
    static func all(_ paths: DoctorPaths) -> [Capability] {
        let companions = ["isolab-workload", "isolab-init", "isolab-vm"]
        var found = companions.map { companion($0, paths) } + [qemu(.host)]
        for peer in ProgramFacts.peers { found.append(self.peer(peer.program, package: peer.package, .host)) }
        return found
    }

    static func companion(_ name: String, _ paths: DoctorPaths) -> Capability {
        let path = "\(paths.programs)/\(name)"
        return access(path, X_OK) == 0
            ? Capability(name, .works, path, needed: true)
            : Capability(
                name, .missing, "not at \(path)", remedy: "swift build -c release --product \(name)", needed: true)
    }

    static func qemu(_ host: HostSource) -> Capability {
        let remedy = "sudo apt-get install --no-install-recommends qemu-system-x86"
        guard let version = ProgramFacts.version(host, "qemu-system-x86_64") else {
            return Capability("QEMU", .missing, "no qemu-system-x86_64 that runs", remedy: remedy, needed: true)
        }
        return Capability("QEMU", .works, "version \(version)", needed: true)
    }

    /// A runtime to compare with: the run is whole without it.
    static func peer(_ program: String, package: String, _ host: HostSource) -> Capability {
        guard let version = ProgramFacts.version(host, program) else {
            return Capability(
                "peer \(program)", .missing, "not installed",
                remedy: program == "runsc"
                    ? "see https://gvisor.dev/docs/user_guide/install/, or sudo apt-get install runsc"
                    : "sudo apt-get install \(package)")
        }
        return Capability("peer \(program)", .works, "version \(version)")
    }
}
