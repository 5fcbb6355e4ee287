import ArgumentParser
import CommandSupport
import Glibc
import Linux
import NIOCore
import RegistryServer

/// `isolab-registry serve`
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: RegistryServeOptions.abstract, usage: RegistryServeOptions.usage,
        discussion: RegistryServeOptions.discussion)

    @OptionGroup var options: RegistryServeOptions

    func run() async throws {
        let (listen, metrics, htpasswd) = (options.listen, options.metrics, options.htpasswd)
        let (tlsCert, readOnly, delete) = (options.tlsCert, options.readOnly, options.delete)
        // A client's port is not compared: what names one would match nobody, and nobody would say why.
        for host in options.host
        where HostName(host).map({ $0.name.isEmpty || host.utf8.last == UInt8(ascii: ":") }) ?? true {
            throw ValidationError("--host '\(host)': is not a host name")
        }
        do {
            var settings = RegistrySettings()
            settings.isReadOnly = readOnly
            settings.allowsDeletion = delete ?? (htpasswd != nil)
            settings.hosts = hosts(at: listen, needsPassword: htpasswd != nil)
            settings.requiresContent = options.requireContent
            settings.greatestBlob = options.maxBlob
            settings.greatestUploadCount = options.maxUploads
            settings.greatestUploadCountOfOne = options.maxUploadsOfOne
            settings.uploadExpiry = options.uploadExpiry
            var connections = ConnectionSettings()
            connections.idleTimeout = .seconds(Int64(options.idleTimeout))
            connections.bodyPatience = min(connections.bodyPatience, connections.idleTimeout)
            connections.greatestCount = options.maxConnections
            let server = RegistryHTTPServer(
                registry: Registry(try RegistryStore(root: options.root), settings),
                authenticator: try htpasswd.map { path in
                    try PasswordAuthenticator(passwordFile: path) { printToStandardError("isolab-registry: \($0)") }
                },
                log: try options.log.map { try AccessLog(path: $0, format: logFormat) },
                address: listen, metricsAddress: metrics,
                metricsHosts: metrics.map { hosts(at: $0, needsPassword: false) } ?? HostPolicy(),
                connections: connections,
                certificate: try tlsCert.flatMap { cert in
                    try options.tlsKey.map { try Certificate(chain: cert, key: $0) }
                },
                collection: options.collectEvery > 0
                    ? CollectionSettings(interval: options.collectEvery, grace: options.grace) : nil)
            if !listen.isLoopback, htpasswd == nil, !readOnly {
                printToStandardError(
                    "isolab-registry: warning: everyone who can reach \(listen.description) may push\(delete == true ? " and delete" : ""); see --htpasswd"
                )
            }
            if !listen.isLoopback, htpasswd != nil, tlsCert == nil {
                printToStandardError(
                    "isolab-registry: warning: passwords are sent in clear text over plain HTTP; see --tls-cert")
            }
            try await server.run()
        } catch {
            throw failure(error)
        }
    }

    private var logFormat: AccessLog.Format {
        switch options.logFormat {
        case .combined: .combined
        case .json: .json
        }
    }

    /// Nobody who must know a password is led here by a name; whoever needs none could be.
    private func hosts(at address: RegistryAddress, needsPassword: Bool) -> HostPolicy {
        guard !options.host.isEmpty || (address.isLoopback && !needsPassword) else { return HostPolicy() }
        var name = [CChar](repeating: 0, count: 256)
        let own =
            gethostname(&name, name.count - 1) == 0
            ? [String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)] : []
        return HostPolicy(names: Set(options.host.compactMap { HostName($0)?.name } + [address.host] + own))
    }
}
