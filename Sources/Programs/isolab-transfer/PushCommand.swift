import ArgumentParser
import CommandSupport
import Images
import OCI
import RegistryClient

/// `push`: an image of the store to a registry.
struct PushCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "push", abstract: "Push an image to the registry in its name.",
        usage: "isolab push [<options>] <name>",
        discussion: "Give an image a name in your registry first: isolab tag busybox registry.example/me/busybox")

    @Argument(help: ArgumentHelp("[registry/]repository[:tag]", valueName: "name")) var name: ImageName
    @Option(help: ArgumentHelp("Push only this platform's image of an index.", valueName: "os/arch[/variant]"))
    var platform: Platform?
    @OptionGroup var referrers: ReferrerOptions
    @Flag(name: .shortAndLong, help: "Print only the digest.") var quiet = false
    @OptionGroup var store: StoreOptions
    @OptionGroup var registries: RegistryOptions

    func run() throws {
        let reference = try name.reference().withDefaultTag
        try Failure.told {
            let images = try store.open()
            guard let stored = try images.image(named: reference, platform: platform ?? .host) else {
                throw ImageError.unknown(reference.familiar)
            }
            let root = try root(of: stored, in: images)
            let display = TransferDisplay(quiet: quiet)
            defer { display.finish() }
            let neighbours = Self.neighbours(of: reference, in: images)
            let known = referrers.referrers ? try images.referrers() : [:]
            let pushed = try registries.client().push(
                root, from: images.content, as: reference, referrers: { known[$0] ?? [] },
                neighbours: { neighbours[$0] ?? [] }, report: display.receive)
            display.finish()
            if quiet {
                print(pushed.root.digest)
            } else {
                print("\(reference.familiarName)@\(pushed.root.digest)")
                if referrers.referrers { printToStandardError(ReferrerOptions.note(pushed.referrers)) }
                printToStandardError(
                    pushed.sent == 0
                        ? "everything was already there"
                        : "pushed \(pushed.sent) blobs, \(TransferBoard.size(pushed.sentSize))")
            }
        }
    }

    /// The index, if the images of all its platforms are here; else the platform's own manifest.
    private func root(of stored: StoredImage, in images: ImageStore) throws -> Descriptor {
        guard platform == nil else { return stored.descriptor }
        guard try images.graph(of: stored.target).missing.isEmpty else {
            printToStandardError(
                "isolab: some platforms' images are not here; pushing only \(stored.configuration.platform)")
            return stored.descriptor
        }
        return stored.target
    }

    /// Which other repositories of the registry have a blob, as far as the names here tell.
    private static func neighbours(of reference: ImageReference, in images: ImageStore) -> [Digest: [String]] {
        var result: [Digest: [String]] = [:]
        let names = (try? images.images())?.compactMap(\.name) ?? []
        for name in names where name.registry == reference.registry && name.repository != reference.repository {
            guard let target = try? images.target(of: name.description), let graph = try? images.graph(of: target)
            else { continue }
            for digest in graph.digests where result[digest]?.contains(name.repository) != true {
                result[digest, default: []].append(name.repository)
            }
        }
        return result
    }
}
