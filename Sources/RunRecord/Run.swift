/// A whole run in memory: what a report is made of.
public struct Run: Sendable {
    public var manifest: Manifest
    public var samples: [Sample]

    public init(manifest: Manifest, samples: [Sample]) {
        self.manifest = manifest
        self.samples = samples
    }
}
