import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// How connections are treated.
struct ConnectionSettings: Sendable {
    /// Until a request's head has come, and between the pieces of its body.
    var idleTimeout = TimeAmount.seconds(60)
    /// Until a client that takes nothing more is given up.
    var stalledTimeout = TimeAmount.seconds(120)
    /// What a body that is held in memory may take, besides what its bytes need at the lowest rate.
    var bodyPatience = TimeAmount.seconds(20)
    /// Of all headers together, in bytes.
    var greatestHead = 32 * 1024
    var greatestHeaderCount = 100
    /// At once; for one more, another is closed.
    var greatestCount = 1024
    /// So many may have large pieces read at once; a few fast clients gain by it, and many would fill memory.
    var fastCount = 16

    /// Descriptors that a process needs besides its connections', and for each of those at most.
    private static let (spareDescriptors, descriptorsOfOne) = (256, 3)

    /// What the process has descriptors for.
    mutating func fit(descriptors: Int) {
        greatestCount = max(16, min(greatestCount, (descriptors - Self.spareDescriptors) / Self.descriptorsOfOne))
    }
}

/// Hummingbird's HTTP/1.1 channel, with handlers more: some that bound what strangers send and how fast, one that has the kernel
/// send files, one that refuses what is no plain HTTP/1.1, one that guards the connection.
struct RegistryChannel: HTTPChannelHandler {
    typealias Value = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    let responder: HTTPChannelHandler.Responder
    let settings: ConnectionSettings
    let table: ConnectionTable
    let memory: HeldMemory
    let paces = CrumbPaces()
    /// Told of requests that are refused before anything else sees them.
    var witness: HeadGate.Witness?

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let isFast = table.count < settings.fastCount
            if let options = channel.syncOptions {
                try options.setOption(.tcpOption(.tcp_nodelay), value: 1)
                // Gives a connection up whose other end does not acknowledge (tcp(7)), be it that it takes nothing.
                try options.setOption(
                    .tcpOption(.init(rawValue: Self.tcpUserTimeout)),
                    value: SocketOptionValue(settings.stalledTimeout.nanoseconds / 1_000_000))
                // Little at first, and once in a turn: what it is shows then (`CrumbGatherer`).
                try options.setOption(.maxMessagesPerRead, value: 1)
                try options.setOption(
                    .recvAllocator,
                    value: AdaptiveRecvByteBufferAllocator(
                        minimum: 2048, initial: isFast ? 4096 : 2048, maximum: isFast ? 512 * 1024 : 32768))
                // Many must not have much under way in the other direction either.
                if !isFast { try options.setOption(.writeBufferWaterMark, value: .init(low: 4096, high: 16384)) }
            }
            var limits = NIOHTTPDecoderLimitConfiguration()
            limits.maxHeaderFieldSize = settings.greatestHead
            limits.maxHeaderListSize = settings.greatestHead
            limits.maxHeaderFieldCount = settings.greatestHeaderCount
            let pipeline = channel.pipeline.syncOperations
            let line = RequestLine(greatestLength: settings.greatestHead)
            let input = InputLimit(isFast ? InputLimit.much : InputLimit.little)
            try pipeline.addHandler(input)
            try pipeline.addHandler(line)
            try pipeline.configureHTTPServerPipeline(
                withPipeliningAssistance: false, withErrorHandling: false, withOutboundHeaderValidation: false,
                withEncoderConfiguration: .init(), withDecoderLimitConfiguration: limits)
            try pipeline.addHandler(CrumbGatherer(paces.pace(of: channel.eventLoop), input))
            try pipeline.addHandler(FileSender())
            try pipeline.addHandler(HeadGate(line, witness: witness))
            try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
            try pipeline.addHandler(ConnectionGuard(channel, table, memory, input, patience: settings.bodyPatience))
            try pipeline.addHandler(
                HTTPConnectionStateHandler(
                    idleTimeout: .nanoseconds(settings.idleTimeout.nanoseconds), logger: logger))
            return try NIOAsyncChannel(
                wrappingChannelSynchronously: channel,
                configuration: .init(
                    // What has come and nobody has asked for yet; a piece more may be on its way.
                    backPressureStrategy: .init(lowWatermark: 1, highWatermark: isFast ? 4 : 1),
                    isOutboundHalfClosureEnabled: true))
        }
    }

    func handle(value: Value, logger: Logger) async { await handleHTTP(asyncChannel: value, logger: logger) }

    /// `TCP_USER_TIMEOUT`, which the C library's Swift overlay lacks.
    private static let tcpUserTimeout: CInt = 18
}
