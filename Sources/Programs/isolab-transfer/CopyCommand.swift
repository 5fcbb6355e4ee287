import ArgumentParser
import CommandSupport
import OCI
import RegistryClient

/// `copy`: from registry to registry.
struct CopyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy", abstract: "Copy an image from one registry to another without storing it here.",
        usage: "isolab copy [<options>] <source> <destination>",
        discussion: "Within one registry only manifests are transferred; layers are mounted.")

    @Argument(help: ArgumentHelp("Where from.", valueName: "source")) var source: ImageName
    @Argument(help: ArgumentHelp("Where to.", valueName: "destination")) var destination: ImageName
    @OptionGroup var platforms: PlatformOptions
    @Flag(help: "Copy the images of every platform, and the index that names them.") var allPlatforms = false
    @OptionGroup var referrers: ReferrerOptions
    @Flag(name: .shortAndLong, help: "Print only the digest.") var quiet = false
    @OptionGroup var registries: RegistryOptions

    func run() throws {
        let from = try source.reference().withDefaultTag
        let to = try destination.reference().withDefaultTag
        try Failure.told {
            let display = TransferDisplay(quiet: quiet)
            defer { display.finish() }
            let copied = try registries.client().copy(
                from, to: to, allPlatforms ? .all : .platform(platforms.platform), withReferrers: referrers.referrers,
                report: display.receive)
            display.finish()
            if quiet {
                print(copied.root.digest)
            } else {
                print("\(to.familiarName)@\(copied.root.digest)")
                if referrers.referrers { printToStandardError(ReferrerOptions.note(copied.referrers)) }
                printToStandardError("copied \(copied.sent) blobs, \(TransferBoard.size(copied.sentSize))")
            }
        }
    }
}
