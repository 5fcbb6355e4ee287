public import ArgumentParser
import CommandSupport
import Glibc
import Linux
import NIOCore
public import RegistryServer

/// `isolab-registry serve`
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve a registry until SIGTERM or SIGINT.",
        // Users come here by this name.
        usage: "isolab registry serve [<options>]",
        discussion: """
            The first line on standard output is the address it listens at. SIGTERM lets the requests that are under way come to \
            their end; uploads that are not finished can be resumed after the next start, as they can after a kill.
            """)

    @Option(help: ArgumentHelp("Where to listen; port 0 takes a free one.", valueName: "host:port"))
    var listen = Address(host: "127.0.0.1", port: 5000)
    @Option(help: ArgumentHelp("The directory that keeps everything.", valueName: "dir"))
    var root = StandardDirectories.data + "/registry"
    @Option(help: ArgumentHelp("Ask for names and passwords of this file (htpasswd -B).", valueName: "file"))
    var htpasswd: String?
    @Option(help: ArgumentHelp("Serve TLS with this certificate and those that signed it (PEM).", valueName: "file"))
    var tlsCert: String?
    @Option(help: ArgumentHelp("The certificate's private key (PEM).", valueName: "file"))
    var tlsKey: String?
    @Flag(help: "Refuse pushes and deletions.")
    var readOnly = false
    @Flag(
        inversion: .prefixedNo,
        help: "Whether tags, manifests and blobs may be deleted (default: with --htpasswd alone).")
    var delete: Bool?
    @Option(
        help: ArgumentHelp(
            "A name by which clients call the registry, besides localhost and addresses; may be given several times.",
            discussion: """
                Without --htpasswd, on an address of this machine alone, it answers to no other name: a web page could lead its own \
                name here.
                """, valueName: "name"))
    var host: [String] = []
    @Flag(
        inversion: .prefixedNo,
        help: "Whether the content that a manifest names must have been pushed before it.")
    var requireContent = true
    @Option(help: ArgumentHelp("Append the access log to this file; - is standard error.", valueName: "file"))
    var log: String?
    @Option(help: "The log's format: \(AccessLog.Format.allCases.map(\.rawValue).joined(separator: " or ")).")
    var logFormat = AccessLog.Format.combined
    @Option(help: ArgumentHelp("Serve metrics at http://<address>/metrics.", valueName: "host:port"))
    var metrics: Address?
    @Option(help: ArgumentHelp("Remove uploads that nobody wrote to for so many seconds.", valueName: "seconds"))
    var uploadExpiry = 3600
    @Option(help: ArgumentHelp("Refuse to begin more uploads than so many at a time.", valueName: "count"))
    var maxUploads = 4096
    @Option(
        help: ArgumentHelp(
            "The same of one user, or of one address where nobody needs a password.", valueName: "count"))
    var maxUploadsOfOne = 256
    @Option(
        help: ArgumentHelp(
            "Keep so many connections at a time; for one more, an idle one is closed.", valueName: "count"))
    var maxConnections = 1024
    @Option(help: ArgumentHelp("Refuse blobs larger than this.", valueName: "bytes"))
    var maxBlob: Int64 = 1 << 40
    @Option(help: ArgumentHelp("Close connections on which nothing comes for so long.", valueName: "seconds"))
    var idleTimeout = 60
    @Option(help: ArgumentHelp("Collect garbage every so many seconds; 0: never.", valueName: "seconds"))
    var collectEvery = 0
    @Option(help: ArgumentHelp("What is younger is not collected.", valueName: "seconds"))
    var grace = CollectionSettings.standardGrace

    func validate() throws {
        if (tlsCert == nil) != (tlsKey == nil) { throw ValidationError("--tls-cert and --tls-key need each other") }
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

    func run() async throws {
        do {
            var settings = RegistrySettings()
            settings.isReadOnly = readOnly
            settings.allowsDeletion = delete ?? (htpasswd != nil)
            settings.hosts = hosts
            settings.requiresContent = requireContent
            settings.greatestBlob = maxBlob
            settings.greatestUploadCount = maxUploads
            settings.greatestUploadCountOfOne = maxUploadsOfOne
            settings.uploadExpiry = uploadExpiry
            var connections = ConnectionSettings()
            connections.idleTimeout = .seconds(Int64(idleTimeout))
            connections.greatestCount = maxConnections
            let server = RegistryHTTPServer(
                registry: Registry(try RegistryStore(root: root), settings),
                authenticator: try htpasswd.map { path in
                    try Authenticator(passwordFile: path) { printToStandardError("isolab-registry: \($0)") }
                },
                log: try log.map { try AccessLog(path: $0, format: logFormat) },
                address: listen, metricsAddress: metrics, connections: connections,
                certificate: try tlsCert.flatMap { cert in try tlsKey.map { try Certificate(chain: cert, key: $0) } },
                collection: collectEvery > 0 ? CollectionSettings(interval: collectEvery, grace: grace) : nil)
            if !listen.isLoopback, htpasswd == nil, !readOnly {
                printToStandardError(
                    "isolab-registry: warning: whoever reaches \(listen.description) may push\(delete == true ? " and delete" : ""); see --htpasswd"
                )
            }
            if !listen.isLoopback, htpasswd != nil, tlsCert == nil {
                printToStandardError(
                    "isolab-registry: warning: passwords come in clear text over plain HTTP; see --tls-cert")
            }
            try await server.run()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            let places = [listen.description] + (metrics.map { [$0.description] } ?? [])
            throw failure(
                SystemError(
                    "listen", places.joined(separator: " or "), errno: EADDRINUSE,
                    advice: """
                        another program listens there (`ss -ltnp` names it): end it, or choose another port; 0 takes a free one
                        """))
        } catch {
            throw failure(error)
        }
    }

    /// Nobody who must know a password is led here by a name; whoever needs none could be.
    private var hosts: HostPolicy {
        guard !host.isEmpty || (listen.isLoopback && htpasswd == nil) else { return HostPolicy() }
        var name = [CChar](repeating: 0, count: 256)
        let own =
            gethostname(&name, name.count - 1) == 0
            ? [String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)] : []
        return HostPolicy(names: Set(host + [listen.host] + own))
    }
}

extension AccessLog.Format: ExpressibleByArgument {}

/// `host:port`; an IPv6 address in brackets.
struct Address: ExpressibleByArgument, Sendable {
    var host: String
    var port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    init?(argument: String) {
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
    var isLoopback: Bool { host.hasPrefix("127.") || host == "::1" || host == "localhost" }

    var defaultValueDescription: String { description }

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
