/// One run that is named more than once among those that are compared: by the same path, by another, or by a copy.
///
/// Runs are the values of a comparison, and what they scatter by is its measure. One that counts twice scatters by nothing, so that
/// single runs would give verdicts.
package struct RepeatedRun: Equatable, Sendable, CustomStringConvertible {
    /// Where it is named: `run 1 before`, and what it is called there.
    package var first: String
    package var firstName: String
    package var again: String
    package var againName: String

    package var description: String {
        "\(again) (\(againName)) is \(first) (\(firstName)) again, or a copy of it: name every run once, "
            + "or make more by 'isolab bench --runs'"
    }

    /// The first that is found, on one side or on both.
    static func find(_ before: [Run], _ after: [Run]) -> RepeatedRun? {
        let all =
            before.enumerated().map { ("run \($0.offset + 1) before", $0.element) }
            + after.enumerated().map { ("run \($0.offset + 1) after", $0.element) }
        for (place, (again, run)) in all.enumerated() {
            for (first, other) in all.prefix(place) where run.isCopy(of: other) {
                return RepeatedRun(
                    first: first, firstName: other.manifest.run, again: again, againName: run.manifest.run)
            }
        }
        return nil
    }
}

extension Run {
    /// Whether both are one measurement. A copy may have another name, or have lost its digests; two measurements never agree in every
    /// instant.
    fileprivate func isCopy(of other: Run) -> Bool {
        if let seal = manifest.seal, seal == other.manifest.seal { return true }
        // Runs without a measured sample agree in that, and in nothing that could be compared.
        guard samples.contains(where: { $0.admitted }) else { return false }
        func digest(_ run: Run) -> String? {
            run.manifest.files?.first { $0.name == RunDirectory.File.samples.rawValue }?.digest
        }
        if let own = digest(self), own == digest(other) { return true }
        return samples == other.samples
    }
}
