import ArgumentParser

/// How registries are spoken to where a command pulls what it lacks; `isolab pull` takes the same and more.
struct PullRegistryOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "When pulling: a registry that may use plain HTTP or any certificate; may be repeated.",
            valueName: "host[:port]"))
    var insecureRegistry: [String] = []
    @Option(help: ArgumentHelp("When pulling: the directory of certificates to use.", valueName: "directory"))
    var certDir: String?
    @Option(help: ArgumentHelp("When pulling: the file of credentials to use.", valueName: "file"))
    var authfile: String?

    /// For `isolab-transfer`.
    var arguments: [String] {
        insecureRegistry.map { "--insecure-registry=\($0)" } + (certDir.map { ["--cert-dir=\($0)"] } ?? [])
            + (authfile.map { ["--authfile=\($0)"] } ?? [])
    }
}
