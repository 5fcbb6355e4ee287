/// What ran, where and how: everything a reader needs to trust a run, or to refuse to compare it with another.
package struct Manifest: Codable, Equatable, Sendable {
    /// The newest layout this isolab writes and reads.
    package static let currentFormat = 3

    /// Version of this layout.
    package var format: Int
    /// The run's name and that of its directory, e.g. `2026-11-23T2310-quick`.
    package var run: String
    /// ISO 8601, UTC.
    package var started: String
    package var finished: String?
    /// The user stopped it; what was measured until then is kept.
    package var interrupted: Bool
    /// isolab's own version and how it was built (`release`, `debug`); a debug build stamps the report.
    package var version: String
    package var buildMode: String
    /// The command line that reproduces the run, the seed included.
    package var command: String
    package var seed: UInt64
    /// The experiment as it was read or chosen (YAML).
    package var experiment: String
    package var blocks: Int
    package var warmups: Int
    /// The lane every other is compared with.
    package var baseline: String
    /// Which accelerator drove the guests and why, in a sentence.
    package var accelerator: String
    package var lanes: [LaneRecord]
    package var host: [FactSection]
    /// Digests of what ran: workload, image, kernel, initramfs, peers' binaries.
    package var artefacts: [Artefact]
    /// Things the reader must know: debug build, busy host, clipped limits.
    package var warnings: [String]
    /// How large a difference matters, by metric, as declared before the run; nil in runs that declared none.
    package var margins: [Margin]?
    /// What is compared besides every lane with the baseline; nil in runs from before such were declared.
    package var contrasts: [Contrast]?
    /// The commit isolab was built from, where it was built from one.
    package var commit: String?
    /// Digests of the record's own files, once the run is finished; nil in runs of format 1 and in those cut off.
    package var files: [Artefact]?
    /// The digest of this manifest without it, once the run is finished: what was changed afterwards is told.
    package var seal: String?

    package init(
        format: Int = Manifest.currentFormat, run: String, started: String, finished: String? = nil,
        interrupted: Bool = false, version: String, buildMode: String, command: String, seed: UInt64,
        experiment: String, blocks: Int, warmups: Int, baseline: String, accelerator: String,
        lanes: [LaneRecord] = [], host: [FactSection] = [], artefacts: [Artefact] = [], warnings: [String] = [],
        margins: [Margin]? = nil, contrasts: [Contrast]? = nil, commit: String? = nil, files: [Artefact]? = nil
    ) {
        self.format = format
        self.run = run
        self.started = started
        self.finished = finished
        self.interrupted = interrupted
        self.version = version
        self.buildMode = buildMode
        self.command = command
        self.seed = seed
        self.experiment = experiment
        self.blocks = blocks
        self.warmups = warmups
        self.baseline = baseline
        self.accelerator = accelerator
        self.lanes = lanes
        self.host = host
        self.artefacts = artefacts
        self.warnings = warnings
        self.margins = margins
        self.contrasts = contrasts
        self.commit = commit
        self.files = files
    }
}

extension Manifest {
    /// What the reader must know of a record that nothing protects, or that says so of itself; nil where digests do.
    package var unprotected: String? {
        format < 2 ? "of format \(format), without digests: nothing tells whether it was changed since" : nil
    }
}

/// What kind of isolation a lane is; the report groups and colours by it.
package enum LaneKind: String, Codable, Sendable, CaseIterable {
    /// A plain process.
    case native
    /// isolab's own runtime core.
    case container
    /// Another runtime, driven through its own command line.
    case peer
    /// A guest with a kernel of its own.
    case guest
    /// A guest without a kernel: the floor of what a virtual machine costs. Not the same workload; never ranked with it.
    case microGuest
}

/// One configured way to isolate, as it was in this run.
package struct LaneRecord: Codable, Equatable, Sendable {
    package var id: String
    /// A few words for a reader: `container, Docker's profile`.
    package var title: String
    package var kind: LaneKind
    /// What it is for in a comparison; nil for most lanes, and in runs from before roles were recorded (`part`).
    package var role: LaneRole?
    /// `KVM`, `nested KVM`, `TCG`, `PVM`; nil for lanes without a virtual machine.
    package var accelerator: String?
    /// The label that must stand beside its figures, e.g. `software emulation`.
    package var label: String?
    /// Whether it could run here; if not, why, and the command that would enable it.
    package var available: Bool
    package var reason: String
    package var remedy: String
    /// What is isolated, one short phrase each: `pid namespace`, `seccomp (Docker's profile)`, `own kernel`.
    package var isolation: [String]
    /// What was seen of its sandboxes from outside while they ran, one short phrase each; nil where nothing could be seen, and
    /// in runs from before it was looked for.
    package var observed: [String]?
    /// The exact configuration: config.json, domain XML, argv; by name.
    package var configuration: [String: String]

    package init(
        id: String, title: String, kind: LaneKind, role: LaneRole? = nil, accelerator: String? = nil,
        label: String? = nil,
        available: Bool = true, reason: String = "", remedy: String = "", isolation: [String] = [],
        observed: [String]? = nil, configuration: [String: String] = [:]
    ) {
        self.id = id
        self.title = title
        self.kind = kind
        self.role = role
        self.accelerator = accelerator
        self.label = label
        self.available = available
        self.reason = reason
        self.remedy = remedy
        self.isolation = isolation
        self.observed = observed
        self.configuration = configuration
    }
}

/// Facts about the host under one heading.
package struct FactSection: Codable, Equatable, Sendable {
    package var title: String
    package var facts: [Fact]

    package init(_ title: String, _ facts: [Fact]) {
        self.title = title
        self.facts = facts
    }
}

/// One fact about the host.
package struct Fact: Codable, Equatable, Sendable {
    package var name: String
    package var value: String
    /// Two runs in which such a fact differs are not compared without `--force`.
    package var decisive: Bool

    package init(_ name: String, _ value: String, decisive: Bool = false) {
        self.name = name
        self.value = value
        self.decisive = decisive
    }
}

/// A file that took part, by digest.
package struct Artefact: Codable, Equatable, Sendable {
    package var name: String
    package var path: String
    /// `sha256:<hex>`
    package var digest: String
    package var bytes: Int

    package init(name: String, path: String, digest: String, bytes: Int) {
        self.name = name
        self.path = path
        self.digest = digest
        self.bytes = bytes
    }
}
