import RunRecord

/// The host, the artefacts and the run itself.
struct ManifestSection: ReportSection {
    let id = "manifest"
    let title = "Manifest"

    func blocks(_ reading: Reading) -> [Block] {
        let manifest = reading.manifest
        var blocks: [Block] = [
            .terms([
                ("run", manifest.run), ("started", manifest.started),
                ("finished", manifest.finished ?? (manifest.interrupted ? "interrupted" : "not recorded")),
                ("isolab", "\(manifest.version), \(manifest.buildMode) build"),
                ("blocks", "\(manifest.blocks), after \(manifest.warmups) warm-ups"), ("seed", "\(manifest.seed)"),
                ("baseline", manifest.baseline), ("accelerator", manifest.accelerator),
            ])
        ]
        if !manifest.artefacts.isEmpty {
            blocks.append(
                .table(
                    Table(
                        "Artefacts, by digest",
                        [.init("Artefact"), .init("Size", numeric: true), .init("Digest"), .init("File")],
                        manifest.artefacts.map {
                            [
                                Table.Value($0.name), Table.Value(Quantity.text(Double($0.bytes), "B")),
                                Table.Value($0.digest, style: "digest"), Table.Value($0.path, style: "digest"),
                            ]
                        })))
        }
        blocks += manifest.host.map { section in
            .details(
                "Host: \(section.title)",
                [
                    .terms(
                        section.facts.map {
                            ($0.decisive ? "\($0.name) *" : $0.name, $0.value.isEmpty ? "–" : $0.value)
                        })
                ])
        }
        if manifest.host.contains(where: { $0.facts.contains(where: \.decisive) }) {
            blocks.append(.note("* decisive: two runs in which such a fact differs are not compared without --force."))
        }
        if !manifest.experiment.isEmpty {
            blocks.append(.details("The experiment, as it was run", [.code(manifest.experiment)]))
        }
        return blocks
    }
}
