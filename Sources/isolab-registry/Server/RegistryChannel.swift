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
    /// At once; more wait to be accepted.
    var greatestCount = 2048
}

/// Hummingbird's HTTP/1.1 channel, with one handler more: the one that has the kernel send files.
struct RegistryChannel: HTTPChannelHandler {
    typealias Value = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    let responder: HTTPChannelHandler.Responder
    let settings: ConnectionSettings

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            if let options = channel.syncOptions {
                try options.setOption(.tcpOption(.tcp_nodelay), value: 1)
                // Gives a connection up whose other end does not acknowledge (tcp(7)), be it that it takes nothing.
                try options.setOption(
                    .tcpOption(.init(rawValue: Self.tcpUserTimeout)),
                    value: SocketOptionValue(settings.stalledTimeout.nanoseconds / 1_000_000))
                try options.setOption(
                    .recvAllocator,
                    value: AdaptiveRecvByteBufferAllocator(minimum: 4096, initial: 16384, maximum: 512 * 1024))
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
            try pipeline.addHandler(
                HTTPConnectionStateHandler(
                    idleTimeout: .nanoseconds(settings.idleTimeout.nanoseconds), logger: logger))
            return try NIOAsyncChannel(
                wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
        }
    }

    func handle(value: Value, logger: Logger) async { await handleHTTP(asyncChannel: value, logger: logger) }

    /// `TCP_USER_TIMEOUT`, which the C library's Swift overlay lacks.
    private static let tcpUserTimeout: CInt = 18
}
