import Linux
import Machines

/// libvirt, hardware virtualisation and the guest kernel.
enum MachineChecks {
    /// Has `isolab-vm` open its connection, as a run would.
    static func driver(_ paths: DoctorPaths, connect: String?) -> Capability {
        do throws(DriverError) {
            let driver = try GuestDriver(stateDirectory: Machines.StateDirectory(root: paths.state), connect: connect)
            let version = driver.version
            driver.close()
            let hypervisor = version.hypervisor.isEmpty ? "" : " with \(version.type) \(version.hypervisor)"
            return Capability(
                "libvirt", .works, "libvirt \(version.libvirt)\(hypervisor) answers at \(version.uri)", needed: true)
        } catch {
            return Capability(
                "libvirt", .missing, "\(error)",
                remedy: connect == nil
                    ? "sudo apt-get install --no-install-recommends libvirt-daemon-driver-qemu"
                    : "start that libvirt (sudo apt-get install libvirt-daemon-system), or omit --connect",
                needed: true)
        }
    }

    /// KVM as running guest code found it. The run goes on without: QEMU translates, and the report says so.
    static func accelerator(_ report: AcceleratorReport) -> Capability {
        let state: Capability.State =
            report.bootsStockKernel ? .works : report.runsMicroGuest ? .limited : .missing
        let instead = report.bootsStockKernel ? "" : "; Linux guests run on software emulation (TCG)"
        return Capability(
            "KVM", state, "\(report.kind == .none ? "" : "\(report.kind.rawValue): ")\(report.reason)\(instead)",
            remedy: report.remedy ?? "")
    }

    static func kernel(_ paths: DoctorPaths) -> Capability {
        kernel(candidate: GuestKernel.candidate(cache: Cache(root: paths.cache)), package: { fetchable(.host) })
    }

    /// - Parameter package: what the package manager would be asked for, where it has it.
    static func kernel(
        candidate: (path: String, origin: GuestKernel.Origin)?, package: () -> String?
    ) -> Capability {
        if let candidate {
            let origin =
                switch candidate.origin {
                case .given: "given"
                case .package: "fetched before"
                case .host: "the host's own"
                }
            return Capability("guest kernel", .works, "\(candidate.path), \(origin)", needed: true)
        }
        if let package = package() {
            return Capability("guest kernel", .works, "none yet; a run fetches \(package)", needed: true)
        }
        return Capability(
            "guest kernel", .missing, "none in the cache or /boot, and the package manager knows none",
            remedy: "sudo apt-get update, or isolab bench --kernel PATH", needed: true)
    }

    /// The first package that has a candidate, with its version, where both tools that a fetch needs are there.
    static func fetchable(_ host: HostSource) -> String? {
        guard host.output(["dpkg-deb", "--version"]) != nil,
            let answer = host.output(["apt-cache", "policy"] + GuestKernel.packages)
        else { return nil }
        return candidate(inPolicy: answer)
    }

    /// From what `apt-cache policy` prints: a package's name at the start of a line, its candidate indented below.
    static func candidate(inPolicy text: String) -> String? {
        var package = ""
        for line in text.split(separator: "\n") {
            if !line.hasPrefix(" "), line.hasSuffix(":") { package = String(line.dropLast()) }
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == "Candidate:", words[1] != "(none)" { return "\(package) \(words[1])" }
        }
        return nil
    }
}
