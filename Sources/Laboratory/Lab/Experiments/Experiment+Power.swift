package import RunRecord
import Statistics

extension Experiment {
    /// How many comparisons of a part are corrected together: every lane with the baseline, and the contrasts between its lanes,
    /// in as many calls as the workload times.
    func comparisons(of part: Part) -> Int {
        let ranked = part.lanes.filter { lane in
            LaneCatalogue.entries.first { $0.id == lane }.map { $0.kind != .microGuest } ?? true
        }
        let against = ranked.count { $0 != baseline(of: part) }
        let contrasts = contrasts.count { ranked.contains($0.lane) && ranked.contains($0.reference) }
        return (against + contrasts) * (part.kind == SyscallsExperiment.id ? SyscallsExperiment.callCount : 1)
    }

    /// The fewest blocks with which any of a part's comparisons can pass the correction.
    ///
    /// The parts of a kind are corrected together.
    func leastBlocks(of part: Part) -> Int {
        let family = parts.filter { $0.kind == part.kind }.reduce(0) { $0 + comparisons(of: $1) }
        return family == 0 ? 1 : Power.leastBlocks(comparisons: family)
    }

    /// Refuses a part whose blocks cannot decide anything, whatever they hold.
    func refuseUndecidable() throws(LabError) {
        guard !exploratory else { return }
        for part in parts {
            let least = leastBlocks(of: part)
            let guests = part.lanes.contains { lane in
                LaneCatalogue.entries.first { $0.id == lane }?.kind == .guest
            }
            let found = guests ? part.blocks(of: .guest) : part.blocks
            guard found < least else { continue }
            let name = found < part.blocks ? "guest-blocks" : "blocks"
            throw .experiment(
                "\(part.kind), \(part.workloadName): \(name) is \(found), with which none of its "
                    + "\(comparisons(of: part)) comparisons can ever be decided (Holm's correction); take at least "
                    + "\(least), or fewer lanes, or say 'exploratory: true' (--exploratory) to measure without verdicts"
            )
        }
    }

    /// The experiment with as many blocks as its margins take, given what a pilot run of it showed: where a difference is as large
    /// as the pilot's, fewer do.
    ///
    /// - Parameter limit: the most blocks of a part.
    package func planned(from pilot: Summary, limit: Int = 1_000) -> Experiment {
        var planned = self
        for index in parts.indices {
            let part = parts[index]
            let least = leastBlocks(of: part)
            func needed(_ guests: Bool) -> Int {
                let lanes = part.lanes.filter { lane in
                    LaneCatalogue.entries.first { $0.id == lane }.map { $0.kind.isGuest == guests } ?? false
                }
                let own = pilot.comparisons.filter { comparison in
                    comparison.experiment == part.kind && comparison.workload == part.workloadName
                        && lanes.contains(comparison.lane) && Self.leads(part.kind, comparison.metric)
                }
                return min(limit, max(least, own.compactMap(\.blocksToDecide).max() ?? 0))
            }
            let guests = part.lanes.contains { lane in
                LaneCatalogue.entries.first { $0.id == lane }?.kind.isGuest ?? false
            }
            let processes = needed(false)
            let machines = guests ? needed(true) : processes
            planned.parts[index].blocks = max(processes, machines)
            planned.parts[index].guestBlocks = guests && machines < processes ? machines : nil
        }
        return planned
    }

    /// The figure a kind of experiment is made for.
    private static func leads(_ kind: String, _ metric: String) -> Bool {
        switch kind {
        case MemoryExperiment.id: metric == Metric.memorySlope
        case SyscallsExperiment.id: metric.hasPrefix(Metric.syscallPrefix)
        default: metric == Metric.startup
        }
    }
}
