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

/// Hummingbird's HTTP/1.1 channel, with one handler more: the one that has the kernel send files.
struct RegistryChannel: HTTPChannelHandler {
    typealias Value = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    let responder: HTTPChannelHandler.Responder
    let settings: ConnectionSettings
    let table: ConnectionTable

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let isFast = table.count < settings.fastCount
            if let options = channel.syncOptions {
                try options.setOption(.tcpOption(.tcp_nodelay), value: 1)
                // Gives a connection up whose other end does not acknowledge (tcp(7)), be it that it takes nothing.
                try options.setOption(
                    .tcpOption(.init(rawValue: Self.tcpUserTimeout)),
                    value: SocketOptionValue(settings.stalledTimeout.nanoseconds / 1_000_000))
                try options.setOption(
                    .recvAllocator,
                    value: isFast
                        ? AdaptiveRecvByteBufferAllocator(minimum: 4096, initial: 16384, maximum: 512 * 1024)
                        : AdaptiveRecvByteBufferAllocator(minimum: 4096, initial: 8192, maximum: 16384))
            }
            var limits = NIOHTTPDecoderLimitConfiguration()
            limits.maxHeaderFieldSize = settings.greatestHead
            limits.maxHeaderListSize = settings.greatestHead
            limits.maxHeaderFieldCount = settings.greatestHeaderCount
            let pipeline = channel.pipeline.syncOperations
            try pipeline.configureHTTPServerPipeline(
                withPipeliningAssistance: false, withErrorHandling: false, withOutboundHeaderValidation: false,
                withEncoderConfiguration: .init(), withDecoderLimitConfiguration: limits)
            try pipeline.addHandler(FileSender())
            try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
            try pipeline.addHandler(ConnectionGuard(channel, table))
            try pipeline.addHandler(
                HTTPConnectionStateHandler(
                    idleTimeout: .nanoseconds(settings.idleTimeout.nanoseconds), logger: logger))
            return try NIOAsyncChannel(
                wrappingChannelSynchronously: channel,
                configuration: .init(
                    backPressureStrategy: .init(lowWatermark: 1, highWatermark: 4), isOutboundHalfClosureEnabled: true))
        }
    }

    func handle(value: Value, logger: Logger) async { await handleHTTP(asyncChannel: value, logger: logger) }

    /// `TCP_USER_TIMEOUT`, which the C library's Swift overlay lacks.
    private static let tcpUserTimeout: CInt = 18
}
