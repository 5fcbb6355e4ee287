/// A whole run in memory: what a report is made of.
package struct Run: Sendable {
    package var manifest: Manifest
    package var samples: [Sample]
    /// What the host was like, block by block; empty in runs from before that was recorded.
    package var blocks: [BlockState]

    package init(manifest: Manifest, samples: [Sample], blocks: [BlockState] = []) {
        self.manifest = manifest
        self.samples = samples
        self.blocks = blocks
    }
}

extension Run {
    /// The samples that were launches: a lane that cannot run here stands in the record as one row with its reason
    /// ("not measured" is a value), which is neither a launch nor a rejection.
    package var launches: [Sample] {
        let unavailable = Set(manifest.lanes.lazy.filter { !$0.available }.map(\.id))
        return unavailable.isEmpty ? samples : samples.filter { !unavailable.contains($0.lane) }
    }
}
