package import RunRecord

/// The laboratory as the command line sees it.
package enum Lab {
    /// Every lane with whether it can run here, for `isolab lanes`. Nothing is prepared.
    package static func lanes(_ options: BenchOptions = BenchOptions()) throws(LabError) -> [LaneRecord] {
        let laboratory = try Laboratory(options, seed: 0)
        defer { laboratory.close() }
        return LaneCatalogue.entries.map { entry in
            let lane = entry.make(entry, laboratory)
            return lane.record(lane.availability())
        }
    }

    /// Names and titles of the experiments.
    package static var experiments: [(id: String, title: String)] { ExperimentKinds.all.map { ($0.id, $0.title) } }
}
