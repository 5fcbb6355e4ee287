package import ArgumentParser
import Linux

/// What `isolab registry serve` takes, and what its help says: known to `isolab` as well, which has it where `isolab-registry` was not
/// built.
package struct RegistryServeOptions: ParsableArguments {
    package static let abstract = "Serve a registry until SIGTERM or SIGINT."
    /// Users come here by this name.
    package static let usage = "isolab registry serve [<options>]"
    package static let discussion = """
        The first line on standard output is the address it listens on. On SIGTERM, requests in progress are completed. Unfinished \
        uploads can be resumed after the next start, even after a kill.
        """

    /// Seconds that are longer than any push takes between its first blob and its manifest.
    package static let standardGrace = 3 * 3600

    /// Of the access log.
    package enum LogFormat: String, CaseIterable, ExpressibleByArgument, Sendable { case combined, json }

    package init() {}

    @Option(help: ArgumentHelp("The address to listen on; port 0 picks a free port.", valueName: "host:port"))
    package var listen = RegistryAddress(host: "127.0.0.1", port: 5000)
    @Option(help: ArgumentHelp("The directory for all data of the registry.", valueName: "dir"))
    package var root = StandardDirectories.data + "/registry"
    @Option(help: ArgumentHelp("Require a name and password from this file (htpasswd -B).", valueName: "file"))
    package var htpasswd: String?
    @Option(help: ArgumentHelp("Serve TLS with this certificate chain (PEM).", valueName: "file"))
    package var tlsCert: String?
    @Option(help: ArgumentHelp("The certificate's private key (PEM).", valueName: "file"))
    package var tlsKey: String?
    @Flag(help: "Refuse pushes and deletions.")
    package var readOnly = false
    @Flag(
        inversion: .prefixedNo,
        help: "Whether tags, manifests and blobs may be deleted (default: only with --htpasswd).")
    package var delete: Bool?
    @Option(
        help: ArgumentHelp(
            "A name by which clients call the registry, besides localhost and addresses; may be given several times.",
            discussion: """
                Without --htpasswd, a registry on a loopback address answers to these names only, because a web page could point its \
                own name to that address.
                """, valueName: "name"))
    package var host: [String] = []
    @Flag(
        inversion: .prefixedNo,
        help: "Whether the content that a manifest names must have been pushed before it.")
    package var requireContent = true
    @Option(help: ArgumentHelp("Append the access log to this file; - is standard error.", valueName: "file"))
    package var log: String?
    @Option(help: "The log's format: \(LogFormat.allCases.map(\.rawValue).joined(separator: " or ")).")
    package var logFormat = LogFormat.combined
    @Option(help: ArgumentHelp("Serve metrics at http://<address>/metrics.", valueName: "host:port"))
    package var metrics: RegistryAddress?
    @Option(help: ArgumentHelp("Remove uploads that were idle for this many seconds.", valueName: "seconds"))
    package var uploadExpiry = 3600
    @Option(
        help: ArgumentHelp(
            "Keep at most this many unfinished uploads; beyond that, one of the client with the most is dropped.",
            valueName: "count"))
    package var maxUploads = 4096
    @Option(
        help: ArgumentHelp(
            "The limit per user, or per address without passwords; beyond that, one of its own is dropped.",
            valueName: "count"
        ))
    package var maxUploadsOfOne = 256
    @Option(
        help: ArgumentHelp(
            "Accept at most this many connections; beyond that, an idle one is closed.", valueName: "count"))
    package var maxConnections = 1024
    @Option(help: ArgumentHelp("Refuse blobs larger than this.", valueName: "bytes"))
    package var maxBlob: Int64 = 1 << 40
    @Option(help: ArgumentHelp("Close connections that are idle for this many seconds.", valueName: "seconds"))
    package var idleTimeout = 60
    @Option(help: ArgumentHelp("Collect garbage at this interval in seconds; 0 means never.", valueName: "seconds"))
    package var collectEvery = 0
    @Option(help: ArgumentHelp("Keep content that is younger than this many seconds.", valueName: "seconds"))
    package var grace = RegistryServeOptions.standardGrace

    package func validate() throws {
        if (tlsCert == nil) != (tlsKey == nil) {
            throw ValidationError("--tls-cert and --tls-key must be given together")
        }
        for (name, value) in [
            ("--upload-expiry", uploadExpiry), ("--max-uploads", maxUploads), ("--idle-timeout", idleTimeout),
            ("--max-uploads-of-one", maxUploadsOfOne), ("--max-connections", maxConnections),
        ]
        where value < 1 {
            throw ValidationError("\(name) must be positive")
        }
        if maxBlob < 1 { throw ValidationError("--max-blob must be positive") }
        if collectEvery < 0 || grace < 0 { throw ValidationError("seconds cannot be negative") }
    }
}

/// `host:port`; an IPv6 address in brackets.
package struct RegistryAddress: ExpressibleByArgument, Sendable {
    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    package init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":"), let port = UInt16(argument[argument.index(after: colon)...])
        else {
            return nil
        }
        var host = argument[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        self.host = host.isEmpty ? "0.0.0.0" : String(host)
        self.port = Int(port)
    }

    /// Whether only this host can reach it.
    package var isLoopback: Bool { host.hasPrefix("127.") || host == "::1" || host == "localhost" }

    package var defaultValueDescription: String { description }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
