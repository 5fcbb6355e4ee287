import ArgumentParser
import CommandSupport
import Content
import Images
import Linux
import OCI
import RegistryClient

/// `pull`: an image from a registry into the store.
struct PullCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull", abstract: "Pull an image from a registry.",
        usage: "isolab pull [<options>] <name>",
        discussion: """
            A name without a registry is Docker's: busybox is docker.io/library/busybox:latest. Blobs \
            that are already here are not pulled again, and an interrupted pull resumes where it stopped.
            """)

    @Argument(help: ArgumentHelp("[registry/]repository[:tag][@digest]", valueName: "name")) var name: ImageName
    @OptionGroup var platforms: PlatformOptions
    @Flag(help: "Pull the images of every platform, and the index that names them.") var allPlatforms = false
    @OptionGroup var referrers: ReferrerOptions
    @Flag(name: .shortAndLong, help: "Print only the name.") var quiet = false
    @OptionGroup var store: StoreOptions
    @OptionGroup var registries: RegistryOptions

    func run() throws {
        let reference = try name.reference().withDefaultTag
        try Failure.told {
            let images = try store.open()
            // Until the name refers to them, nothing else keeps the blobs from being collected.
            let lease = try images.content.lease()
            // What killed ones left and nobody can go on with; what came of a layer stays, and this one goes on there.
            try images.removeAbandonedBlobs()
            let display = TransferDisplay(quiet: quiet)
            defer { display.finish() }
            let pulled = try registries.client().pull(
                reference, into: images.content, allPlatforms ? .all : .platform(platforms.platform),
                withReferrers: referrers.referrers, admit: { try ImageGraph.check($0, of: $1) },
                report: display.receive)
            try images.add(pulled.root, as: [reference])
            for referrer in pulled.referrers { try images.add(referrer) }
            withExtendedLifetime(lease) {}
            images.record("pull", "\(images.identifier(of: pulled.root))", name: reference.familiar)
            display.finish()
            if !quiet {
                printToStandardError("digest: \(pulled.named.digest)")
                if referrers.referrers { printToStandardError(ReferrerOptions.note(pulled.referrers.count)) }
                printToStandardError(
                    pulled.fetched == 0
                        ? "everything is up to date"
                        : "pulled \(pulled.fetched) blobs, \(TransferBoard.size(pulled.fetchedSize))")
            }
            print(reference.familiar)
        }
    }
}
