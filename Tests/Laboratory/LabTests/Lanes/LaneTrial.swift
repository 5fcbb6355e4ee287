import Glibc
import Linux
import Machines
import RunRecord
import Testing

@testable import Lab

/// What this machine has for the lanes' tests.
enum Tools {
    static let isRoot = geteuid() == 0
    /// isolab's own runtime core and the runtimes installed here.
    static let processLanes: [String] =
        (isRoot ? ["container", "container-noseccomp", "container-userns"] : [])
        + ["crun", "runc", "runsc"].filter { isRoot && HostProgram.path(of: $0) != nil }.map { "oci:\($0)" }
        + (HostProgram.path(of: "bwrap") != nil ? ["bwrap"] : [])
    /// A kernel that is here already: no test downloads one.
    static let bootsLinux =
        HostProgram.path(of: "qemu-system-x86_64") != nil && Files.isExecutable("\(Built.directory)/isolab-vm")
        && GuestKernel.candidate(cache: Cache(root: StandardDirectories.cache)) != nil
}

/// A laboratory of one test's own, and what is left of it on the machine once it is closed.
final class LaneTrial {
    let place: Place
    let laboratory: Laboratory
    private var lanes: [any Lane] = []

    /// - Parameter options: changes the place's own, e.g. gives it an image.
    init(_ options: (inout BenchOptions, Place) throws -> Void = { _, _ in }) throws {
        place = try Place()
        var chosen = place.options()
        try options(&chosen, place)
        laboratory = try Laboratory(chosen, seed: 1)
    }

    /// A lane, prepared.
    func prepare(_ id: String) throws -> (lane: any Lane, record: LaneRecord) {
        let entry = try LaneCatalogue.entry(id)
        let lane = entry.make(entry, laboratory)
        lanes.append(lane)
        return (lane, try lane.prepare())
    }

    /// One sample of a part in a lane.
    func sample(_ lane: any Lane, _ kind: any ExperimentKind.Type, instances: Int = 1, batches: Int = 4) -> SampleResult
    {
        let part = Experiment.Part(
            kind: kind.id, workload: kind.workloads[0], lanes: [lane.entry.id], blocks: 1, instances: instances,
            guestInstances: instances, settleMilliseconds: 50, batches: batches)
        return kind.sample(SampleSlot(lane: lane, part: part, twin: false, warmup: false), in: laboratory)
    }

    /// Closes everything and says what is still there: files and mounts of its directories, cgroups of its names,
    /// processes that name either.
    func remains() -> [String] {
        for lane in lanes { lane.close() }
        lanes = []
        laboratory.close()
        // A peer's own helper (bwrap's first process inside) may end a moment after the one that was waited for.
        for _ in 0..<100 {
            guard !present().isEmpty else { break }
            usleep(20_000)
        }
        return present()
    }

    private func present() -> [String] {
        var found = RunLeftovers.mounts(below: place.path).map { "mount \($0)" }
        found += files(below: "\(place.path)/state")
        for hierarchy in (try? CgroupLayout.detect())?.hierarchies ?? [] {
            found += Files.names(in: "\(hierarchy.mountPoint)/\(Cgroup.base)")
                .filter { $0.hasPrefix(laboratory.namePrefix) }.map { "cgroup \(hierarchy.mountPoint) \($0)" }
        }
        for pid in Files.names(in: "/proc").compactMap({ Int32($0) }) where pid != getpid() {
            let words = String(decoding: (try? SystemFile.bytes(of: "/proc/\(pid)/cmdline")) ?? [], as: UTF8.self)
            if words.contains(place.path) || words.contains(laboratory.namePrefix) {
                found.append("process \(pid) \(words)")
            }
        }
        return found
    }

    private func files(below directory: String) -> [String] {
        Files.names(in: directory).flatMap { name -> [String] in
            let path = "\(directory)/\(name)"
            return Files.isDirectory(path) ? files(below: path) : [path]
        }
    }

    deinit {
        for lane in lanes { lane.close() }
        laboratory.close()
    }
}
