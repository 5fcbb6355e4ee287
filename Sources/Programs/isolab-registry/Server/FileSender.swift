import Glibc
import Linux
import NIOCore
import NIOHTTP1
import RegistryServer

/// Events on the way out that become parts of an answer which Hummingbird's own types have no word for. They keep their place
/// among the other parts.
enum OutboundEvent: Sendable {
    /// So many bytes of a body, from a position in it on, by sendfile(2): for connections without TLS.
    case file(FilePart, position: Int64, count: Int64)
    /// The client may send its body (RFC 9110, 10.1.1).
    case proceed
    /// The body that is coming is held in memory: it must come at a lowest rate from now on. (`ConnectionGuard`)
    case timeBody
    /// The connection is given up, with a word where one can still be said. (`ConnectionGuard`)
    case giveUp(ConnectionTable.Cause)
}

/// Turns those events into parts that NIO's encoder knows.
final class FileSender: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard let event = event as? OutboundEvent else {
            context.triggerUserOutboundEvent(event, promise: promise)
            return
        }
        switch event {
        case .proceed:
            context.writeAndFlush(
                wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .continue))), promise: promise)
        case .timeBody, .giveUp: promise?.succeed()
        case .file(let part, let position, let count):
            let number = dup(part.file.number)
            guard number >= 0 else {
                promise?.fail(IOError(errnoCode: errno, reason: "dup"))
                return
            }
            let handle = NIOFileHandle(_deprecatedTakingOwnershipOfDescriptor: number)
            let written = promise ?? context.eventLoop.makePromise()
            let start = Int(part.offset +| position)
            let region = FileRegion(fileHandle: handle, readerIndex: start, endIndex: start + Int(count))
            written.futureResult.whenComplete { _ in try? handle.close() }
            context.writeAndFlush(wrapOutboundOut(.body(.fileRegion(region))), promise: written)
        }
    }
}
