public import ArgumentParser
import Images
public import OCI
import RegistryClient

/// How registries are spoken to; the same for every command.
struct RegistryOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A registry that may use plain HTTP or any certificate; may be repeated.",
            valueName: "host[:port]"))
    var insecureRegistry: [String] = []

    @Option(
        help: ArgumentHelp(
            "Certificates to use: *.crt are authorities, NAME.cert with NAME.key is yours. Default: HOST[:PORT] below /etc/isolab/certs.d, /etc/containers/certs.d and /etc/docker/certs.d.",
            valueName: "directory"))
    var certDir: String?

    @Option(
        help: ArgumentHelp(
            "The file of credentials. Default: $REGISTRY_AUTH_FILE, else $XDG_RUNTIME_DIR/containers/auth.json, then ~/.docker/config.json.",
            valueName: "file"))
    var authfile: String?

    @Option(help: ArgumentHelp("Parallel transfers.", valueName: "number"))
    var parallel: Int = 4

    @Option(help: ArgumentHelp("How many times to try a request before it fails.", valueName: "number"))
    var attempts: Int = 6

    func validate() throws {
        if !(1...32).contains(parallel) { throw ValidationError("--parallel takes a whole number from 1 to 32") }
        if !(1...100).contains(attempts) { throw ValidationError("--attempts takes a whole number from 1 to 100") }
        for name in insecureRegistry where !ImageReference.isRegistry(name) {
            throw ValidationError("--insecure-registry takes a host with an optional port, not '\(name)'")
        }
    }

    func options() throws -> ClientOptions {
        var options = ClientOptions()
        try options.readInsecureRegistries()
        options.insecureRegistries.formUnion(insecureRegistry.map { $0.lowercased() })
        options.certificateDirectory = certDir
        if let authfile { options.credentials = CredentialStore(paths: [authfile]) }
        options.parallelTransfers = parallel
        options.retries.attempts = attempts
        return options
    }

    func client() throws -> RegistryClient { RegistryClient(try options()) }
}

/// Where images are kept; tests and users with several stores move it.
struct StoreOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The image store to use instead of the default.", valueName: "directory"))
    var store: String?

    func open() throws -> ImageStore {
        if let store { return try ImageStore(root: store) }
        return try ImageStore()
    }
}

/// Which of several images is meant.
struct PlatformOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The platform of the image, instead of this machine's.", valueName: "os/arch[/variant]"))
    var platform: Platform = .host
}

extension Platform: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
    public var defaultValueDescription: String { description }
}

/// Whether what speaks of an image goes with it.
struct ReferrerOptions: ParsableArguments {
    @Flag(
        help: ArgumentHelp(
            "Include everything that refers to the image: signatures, bills of materials, attestations."
        ))
    var referrers = false

    static func note(_ count: Int) -> String {
        count == 0 ? "nothing refers to it" : "with \(count) that \(count == 1 ? "refers" : "refer") to it"
    }
}

/// An image's name on the command line.
struct ImageName: ExpressibleByArgument {
    let text: String

    init(argument: String) { text = argument }

    /// - Throws: `ValidationError`, which says what is wrong with the name.
    func reference() throws -> ImageReference {
        // The scheme that skopeo and its like ask for.
        let name = text.hasPrefix("docker://") ? String(text.dropFirst("docker://".count)) : text
        do throws(ConfigurationError) { return try ImageReference(name) } catch {
            throw ValidationError("\(error)")
        }
    }
}
