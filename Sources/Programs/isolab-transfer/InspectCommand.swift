import ArgumentParser
import Linux
import OCI
import Presentation
import RegistryClient

/// `inspect`: what a registry has under a name.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show an image in a registry without pulling it.",
        usage: "isolab registry inspect [<options>] <name>",
        discussion: """
            The fields of --format are those of the JSON shown without it, e.g. '{{.Digest}}' or '{{.Config.config.Cmd}}'.
            """)

    @Argument(help: ArgumentHelp("[registry/]repository[:tag][@digest]", valueName: "name")) var name: ImageName
    @OptionGroup var platforms: PlatformOptions
    @Flag(help: "Print the manifest or index byte for byte, as the registry has it.") var raw = false
    @Flag(help: "Print the image's configuration byte for byte.") var config = false
    @Option(help: ArgumentHelp("Print these fields.", valueName: "template")) var format: String?
    @OptionGroup var registries: RegistryOptions

    func validate() throws {
        if [raw, config, format != nil].count(where: { $0 }) > 1 {
            throw ValidationError("--raw, --config and --format exclude each other")
        }
        do throws(TemplateError) { _ = try template() } catch { throw ValidationError("\(error)") }
    }

    private func template() throws(TemplateError) -> Template? {
        guard let format else { return nil }
        return try Template(format)
    }

    func run() throws {
        let reference = try name.reference().withDefaultTag
        try Failure.told {
            let client = try registries.client()
            if raw { return try writeToStandardOutput(try client.document(reference).bytes) }
            let found = try client.inspect(reference, platform: platforms.platform)
            if config {
                guard let bytes = found.configurationBytes else {
                    throw RegistryClientError(
                        .unusable, "inspect \(reference.familiar)",
                        problem: "it is an artifact, without a configuration")
                }
                return try writeToStandardOutput(bytes)
            }
            let tree = try Self.tree(found, reference)
            if let template = try template() {
                return try writeToStandardOutput(Array((try template.render(tree) + "\n").utf8))
            }
            try writeToStandardOutput(tree.json(indented: true) + [0x0A])
        }
    }

    private static func tree(_ found: RegistryClient.Inspection, _ reference: ImageReference) throws -> JSONTree {
        var tree = JSONTree.object([
            .init("Name", .text(reference.familiar)),
            .init("Digest", .text(found.named.digest.description)),
            .init("MediaType", .text(found.named.mediaType.rawValue)),
            .init("Platforms", .list(found.platforms.map { .text($0.description) })),
            .init("ManifestDigest", .text(found.descriptor.digest.description)),
            .init(
                "Size",
                .number("\(found.manifest.layers.reduce(found.manifest.config.size) { $0 +| max(0, $1.size) })")),
            .init("Layers", .list(found.manifest.layers.map { .text($0.digest.description) })),
            .init("Manifest", try JSONTree(json: found.manifestBytes, document: "manifest")),
        ])
        if let bytes = found.configurationBytes {
            tree["Config"] = try JSONTree(json: bytes, document: "image configuration")
        }
        return tree
    }
}
