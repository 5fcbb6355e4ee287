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
        return program("QEMU", ProgramFacts.answer(host, "qemu-system-x86_64"), remedy: remedy, needed: true)
    }

    /// A runtime to compare with: the run is whole without it.
    static func peer(_ program: String, package: String, _ host: HostSource) -> Capability {
        self.program(
            "peer \(program)", ProgramFacts.answer(host, program),
            remedy: program == "runsc"
                ? "see https://gvisor.dev/docs/user_guide/install/, or sudo apt-get install runsc"
                : "sudo apt-get install \(package)")
    }

    /// - Parameter remedy: for one that is not installed.
    private static func program(
        _ name: String, _ answer: ProgramAnswer, remedy: String, needed: Bool = false
    ) -> Capability {
        switch answer {
        case .said(let version): Capability(name, .works, "version \(version)", needed: needed)
        case .absent: Capability(name, .missing, "not installed", remedy: remedy, needed: needed)
        case .failed(let reason):
            Capability(name, .missing, "installed, but it fails: \(reason)", remedy: remedy, needed: needed)
        case .late(let seconds):
            Capability(
                name, .limited, "installed, but it did not tell its version within \(seconds) s",
                remedy: "isolab doctor, when the host is less busy", needed: needed)
        }
    }
}
