import CommandSupport
import Glibc
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Linux
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import RegistryServer
import ServiceLifecycle
import UnixSignals

/// A certificate's chain and its key.
struct Certificate {
    let configuration: TLSConfiguration

    /// Reads both files (PEM).
    init(chain: String, key: String) throws {
        do {
            let certificates = try NIOSSLCertificate.fromPEMFile(chain)
            guard !certificates.isEmpty else {
                throw SystemError("read", chain, errno: 0, advice: "it holds no certificate in PEM")
            }
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: certificates.map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)))
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = ["http/1.1"]
            self.configuration = configuration
        } catch let error as SystemError {
            throw error
        } catch {
            throw SystemError(
                "load the certificate", "\(chain) and \(key)", errno: 0,
                advice: "both must be PEM, and belong together (\(error))"
            )
        }
    }
}

/// The registry as a service: its port, its figures' port, and what it does from time to time.
struct RegistryHTTPServer {
    let registry: Registry
    let authenticator: Authenticator?
    let log: AccessLog?
    let address: Address
    let metricsAddress: Address?
    let connections: ConnectionSettings
    let certificate: Certificate?
    let collection: CollectionSettings?

    func run() async throws {
        var logger = Logger(label: "isolab-registry", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = .warning
        let pool = NIOThreadPool(numberOfThreads: 16)
        let passwordPool = NIOThreadPool(numberOfThreads: 2)
        pool.start()
        passwordPool.start()
        let metrics = Metrics()
        let responder = RegistryResponder(
            registry: registry, authenticator: authenticator,
            desk: authenticator.map { LoginDesk($0, pool: passwordPool, width: 2) }, log: log, metrics: metrics,
            isSecure: certificate != nil, pool: pool, bodies: BodyBudget())
        var settings = connections
        settings.fit(descriptors: Self.raiseDescriptors())
        let (connections, table) = (settings, ConnectionTable(greatestCount: settings.greatestCount))
        let plain = HTTPServerBuilder { RegistryChannel(responder: $0, settings: connections, table: table) }
        let scheme = certificate == nil ? "http" : "https"
        let application = Application(
            responder: responder,
            server: try certificate.map { try .tls(plain, tlsConfiguration: $0.configuration) } ?? plain,
            configuration: .init(
                address: .hostname(address.host, port: address.port), backlog: 1024,
                // The table closes one for each that is too many; this bounds those that are on their way out.
                availableConnectionsDelegate: MaximumAvailableConnections(
                    connections.greatestCount + connections.greatestCount / 4)),
            onServerRunning: { Self.announce("listening on \(scheme)://", $0) }, logger: logger)
        var services: [any Service] = [application]
        if let metricsAddress {
            let figures = CallbackResponder { (request: Request, context: BasicRequestContext) -> Response in
                guard request.uri.path == "/metrics" else { return Response(status: .notFound) }
                let text = try await pool.runIfActive { metrics.text(of: registry) }
                return Response(
                    status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                    body: .init(byteBuffer: ByteBuffer(string: text)))
            }
            services.append(
                Application(
                    responder: figures, server: .http1(configuration: .init(idleTimeout: .seconds(60))),
                    configuration: .init(address: .hostname(metricsAddress.host, port: metricsAddress.port)),
                    onServerRunning: { Self.announce("metrics on http://", $0) }, logger: logger))
        }
        services.append(Housekeeping(registry: registry, collection: collection, pool: pool))
        let group = ServiceGroup(
            configuration: {
                var configuration = ServiceGroupConfiguration(
                    services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
                // Whoever still uploads by then goes on after the next start.
                configuration.maximumGracefulShutdownDuration = .seconds(30)
                return configuration
            }())
        try await group.run()
        try await pool.shutdownGracefully()
        try await passwordPool.shutdownGracefully()
    }

    /// Lets the process open as many files as it may.
    ///
    /// - Returns: how many.
    private static func raiseDescriptors() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        let soft = limit.rlim_cur
        limit.rlim_cur = min(limit.rlim_max, 1 << 16)
        let isRaised = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        return Int(clamping: isRaised ? limit.rlim_cur : soft)
    }

    /// One line, whole and at once, for whoever waits for it.
    private static func announce(_ words: String, _ channel: any Channel) {
        let address = Address(host: channel.localAddress?.ipAddress ?? "", port: channel.localAddress?.port ?? 0)
        try? SystemFile.write(Array("\(words)\(address.description)\n".utf8), to: STDOUT_FILENO, "standard output")
    }
}

/// What a registry does from time to time: expired uploads go, and garbage where that was asked for.
struct Housekeeping: Service {
    let registry: Registry
    let collection: CollectionSettings?
    let pool: NIOThreadPool

    func run() async throws {
        let registry = registry
        // What a killed server left goes at once.
        try? await pool.runIfActive { _ = try registry.expire() }
        try? await cancelWhenGracefulShutdown {
            var collected = HostClock.now()
            while true {
                try await Task.sleep(for: .seconds(min(60, collection?.interval ?? 60)))
                do {
                    try await pool.runIfActive { _ = try registry.expire() }
                    guard let collection, HostClock.now() - collected >= UInt64(collection.interval) * 1_000_000_000
                    else {
                        continue
                    }
                    collected = HostClock.now()
                    _ = try await pool.runIfActive { try registry.store.collect(grace: collection.grace) }
                } catch is CancellationError {
                    throw CancellationError()
                } catch {
                    printToStandardError("isolab-registry: \(error)")
                }
            }
        }
    }
}
