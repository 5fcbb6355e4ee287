import CommandSupport
import Glibc
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Linux
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import RegistryServer
import ServiceLifecycle
import Synchronization
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
                advice: "both must be PEM, and must match (\(error))"
            )
        }
    }
}

/// The registry as a service: its port, its figures' port, and what it does from time to time.
struct RegistryHTTPServer {
    let registry: Registry
    let authenticator: PasswordAuthenticator?
    let log: AccessLog?
    let address: RegistryAddress
    let metricsAddress: RegistryAddress?
    /// By which names the figures' port may be called.
    let metricsHosts: HostPolicy
    let connections: ConnectionSettings
    let certificate: Certificate?
    let collection: CollectionSettings?

    func run() async throws {
        let announcements = Announcements(count: metricsAddress == nil ? 1 : 2)
        var logger = Logger(
            label: "isolab-registry", factory: { ServerLog($0, hasBegun: { announcements.areMade }) })
        logger.logLevel = .warning
        let pool = NIOThreadPool(numberOfThreads: 16)
        let passwordPool = NIOThreadPool(numberOfThreads: 2)
        pool.start()
        passwordPool.start()
        let listPool = NIOThreadPool(numberOfThreads: RegistryResponder.listThreads)
        listPool.start()
        let metrics = Metrics()
        var settings = connections
        settings.fit(descriptors: Self.raiseDescriptors())
        let (connections, table) = (settings, ConnectionTable(greatestCount: settings.greatestCount))
        let memory = HeldMemory()
        let responder = RegistryResponder(
            registry: registry, authenticator: authenticator,
            desk: authenticator.map { LoginDesk($0, pool: passwordPool, width: 2) }, log: log, metrics: metrics,
            isSecure: certificate != nil, pool: pool, memory: memory, listPool: listPool, table: table)
        let witness = Self.witness(log, metrics)
        let plain = HTTPServerBuilder {
            RegistryChannel(
                responder: $0, settings: connections, table: table, memory: memory, witness: witness)
        }
        let scheme = certificate == nil ? "http" : "https"
        let application = Application(
            responder: responder,
            server: try certificate.map { try .tls(plain, tlsConfiguration: $0.configuration) } ?? plain,
            configuration: .init(
                address: .hostname(address.host, port: address.port), backlog: 1024,
                // The table closes one for each that is too many; this bounds those that are on their way out.
                availableConnectionsDelegate: MaximumAvailableConnections(
                    connections.greatestCount + connections.greatestCount / 4)),
            onServerRunning: { announcements.note(Self.line("listening on \(scheme)://", $0), at: 0) }, logger: logger)
        var services: [any Service] = [ListeningService(service: application, address: address)]
        if let metricsAddress {
            let hosts = metricsHosts
            let figures = CallbackResponder { (request: Request, context: BasicRequestContext) -> Response in
                if case .bytes(let bytes)? = hosts.refusal(ofHost: request.head.authority)?.body {
                    return Response(
                        status: .misdirectedRequest, headers: [.contentType: "application/json"],
                        body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
                }
                guard request.uri.path == "/metrics" else { return Response(status: .notFound) }
                let text = try await pool.runIfActive { metrics.text(of: registry) }
                return Response(
                    status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                    body: .init(byteBuffer: ByteBuffer(string: text)))
            }
            // Whoever looks at figures takes no registry's client's place, nor the other way about.
            let figuresTable = ConnectionTable(greatestCount: 64)
            let application = Application(
                responder: figures,
                server: HTTPServerBuilder {
                    RegistryChannel(responder: $0, settings: connections, table: figuresTable, memory: memory)
                },
                configuration: .init(address: .hostname(metricsAddress.host, port: metricsAddress.port)),
                onServerRunning: { announcements.note(Self.line("metrics on http://", $0), at: 1) }, logger: logger)
            services.append(ListeningService(service: application, address: metricsAddress))
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
        try await listPool.shutdownGracefully()
    }

    /// Requests that are refused for their heads are in the log and among the figures as all others are.
    private static func witness(_ log: AccessLog?, _ metrics: Metrics) -> HeadGate.Witness {
        { refusal, request in
            let entry = AccessEntry(
                request, user: nil, status: Int(refusal.status.code), received: 0,
                sent: Int64(refusal.words.utf8.count +| 1), seconds: 0, cause: refusal.words)
            metrics.begin()
            metrics.end(entry)
            log?.write(entry)
        }
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

    private static func line(_ words: String, _ channel: any Channel) -> String {
        let address = RegistryAddress(
            host: channel.localAddress?.ipAddress ?? "", port: channel.localAddress?.port ?? 0)
        return "\(words)\(address.description)\n"
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
