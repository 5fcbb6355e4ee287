package import RunRecord

/// What a reader must know of the machine a run was made on (MEASUREMENT.md, "The manifest").
package enum HostReport {
    /// Said where a host does not tell: an absent fact is a fact.
    static let notAvailable = "not available"

    /// Reads this machine's facts; about a hundred small files and the versions of a few programs, under half a second.
    package static func collect() -> [FactSection] { collect(from: .host) }

    static func collect(from host: HostSource) -> [FactSection] {
        [
            FactSection("Processor", ProcessorFacts.read(host)),
            FactSection("Memory", MemoryFacts.read(host)),
            FactSection("Kernel", KernelFacts.read(host)),
            FactSection("Mitigations", MitigationFacts.read(host)),
            FactSection("Virtualisation", VirtualisationFacts.read(host)),
            FactSection("Control groups", CgroupFacts.read(host)),
            FactSection("Security", SecurityFacts.read(host)),
            FactSection("Programs", ProgramFacts.read(host)),
        ]
    }
}

extension Fact {
    /// A fact that may be absent.
    static func known(_ name: String, _ value: String?, decisive: Bool = false) -> Fact {
        let value = value.map(trimmed) ?? ""
        return Fact(name, value.isEmpty ? HostReport.notAvailable : value, decisive: decisive)
    }
}

/// `1.5 GiB`, from KiB as the kernel counts.
func binarySize(kibibytes: Int) -> String {
    if kibibytes < 1024 { return "\(kibibytes) KiB" }
    let (size, unit) =
        kibibytes < 1 << 20
        ? ((kibibytes * 10 + 512) / 1024, "MiB") : ((kibibytes * 10 + (1 << 19)) / (1 << 20), "GiB")
    return size % 10 == 0 || size >= 1000 ? "\(size / 10) \(unit)" : "\(size / 10).\(size % 10) \(unit)"
}
