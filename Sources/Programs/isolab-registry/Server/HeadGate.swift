import Linux
import NIOCore
import NIOHTTP1
import RegistryServer

/// Refuses requests whose heads others may read differently, as RFC 9112 wants it of servers, and ends their connections: what stands
/// behind such a head may be a body to one reader and a request to the next. It stands between NIO's parser, which refuses what is
/// malformed, and everything that gives a head a meaning.
final class HeadGate: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    struct Refusal: Equatable {
        var status: HTTPResponseStatus
        var words: String
    }

    /// Told of each refusal, and of the request, as far as it could be read.
    typealias Witness = @Sendable (Refusal, RegistryRequest) -> Void

    /// Bytes and time that are passed over behind a refusal, so that the client gets to read it.
    private static let greatestRest = 1 << 20
    private static let longestRest = TimeAmount.seconds(2)

    private let line: RequestLine
    private let witness: Witness?
    /// Requests that went through and are not answered.
    private var waiting = 0
    /// The body of the request that came last has not come whole.
    private var isInBody = false
    /// Said once those are answered; nothing more is read.
    private var refusal: Refusal?
    private var isRefused = false
    /// The connection ends with the answer to the request that came last: it says so, as HTTP/1.0 does, or asked for another protocol,
    /// whereupon the parser reads nothing more.
    private var isLast = false
    private var rest = 0
    private var timer: Scheduled<Void>?

    init(_ line: RequestLine, witness: Witness?) {
        self.line = line
        self.witness = witness
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard refusal == nil else {
            if case .body(let bytes) = unwrapInboundIn(data) { rest +|= bytes.readableBytes }
            if rest > Self.greatestRest { context.close(promise: nil) }
            return
        }
        guard case .head(var head) = unwrapInboundIn(data) else {
            if case .end = unwrapInboundIn(data) {
                isInBody = false
                line.begin()
            }
            return context.fireChannelRead(data)
        }
        isInBody = true
        if let found = Self.refusal(of: head) { return refuse(found, head, context) }
        waiting += 1
        // RFC 9110, 7.8: a server may ignore it.
        if !head.headers["upgrade"].isEmpty || !head.isKeepAlive {
            isLast = true
            head.headers.remove(name: "upgrade")
            head.headers.replaceOrAdd(name: "connection", value: "close")
        }
        // An address in the request line goes before the header (RFC 9112, 3.2.2).
        if case (let authority?, let target) = RequestTarget.split(head.uri) {
            head.headers.replaceOrAdd(name: "host", value: authority)
            head.uri = target
        }
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        // Nobody asks for what is passed over.
        if isRefused { context.read() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A body that breaks off is for whoever reads it to answer.
        guard let error = error as? HTTPParserError, !isInBody || refusal != nil else {
            return context.fireErrorCaught(error)
        }
        // What stands behind the last request is not one, nor is what stands behind a refused one.
        if isLast || refusal != nil { return }
        var found = Refusal(status: .badRequest, words: "this is not HTTP/1.1: \(error)")
        if error == .headerOverflow {
            found =
                line.isTooLong
                ? Refusal(status: .uriTooLong, words: "the request's path and query are too long")
                : Refusal(status: .requestHeaderFieldsTooLarge, words: "the request's head is too large")
        }
        refuse(found, nil, context)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isRefused else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        let part = unwrapOutboundIn(data)
        if isLast, waiting == 1, case .head(var head) = part {
            head.headers.replaceOrAdd(name: "connection", value: "close")
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        } else {
            context.write(data, promise: promise)
        }
        guard case .end = part else { return }
        waiting -= 1
        if waiting <= 0, refusal != nil { answer(context) }
    }

    private func refuse(_ refusal: Refusal, _ head: HTTPRequestHead?, _ context: ChannelHandlerContext) {
        self.refusal = refusal
        if let witness {
            let fields = ["user-agent", "referer"].compactMap { name in
                head?.headers.first(name: name).map { (name, $0) }
            }
            witness(
                refusal,
                RegistryRequest(
                    method: head?.method.rawValue ?? "-", target: head?.uri ?? "-",
                    headers: Dictionary(uniqueKeysWithValues: fields),
                    peer: context.channel.remoteAddress?.ipAddress ?? ""))
        }
        if waiting == 0 { answer(context) }
    }

    private func answer(_ context: ChannelHandlerContext) {
        guard let refusal, !isRefused else { return }
        isRefused = true
        let text = ByteBuffer(string: refusal.words + "\n")
        let headers = HTTPHeaders([
            ("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", "\(text.readableBytes)"),
            ("Connection", "close"),
        ])
        let head = HTTPResponseHead(version: .http1_1, status: refusal.status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(text))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        let channel = context.channel
        timer = context.eventLoop.scheduleTask(in: Self.longestRest) { channel.close(promise: nil) }
        context.read()
    }

    /// Nil where a head is as it should be.
    static func refusal(of head: HTTPRequestHead) -> Refusal? {
        func bad(_ words: String) -> Refusal { Refusal(status: .badRequest, words: words) }
        guard head.version.major == 1, head.version.minor <= 1 else {
            return Refusal(status: .httpVersionNotSupported, words: "only HTTP/1.1 and HTTP/1.0 are supported")
        }
        // RFC 9112, 3.2: none is the client's mistake, and so are two.
        let hosts = head.headers["host"]
        if hosts.isEmpty, head.version.minor == 1 { return bad("the header Host is missing") }
        if hosts.count > 1 { return bad("there is more than one Host header") }
        let (authority, target) = RequestTarget.split(head.uri)
        guard target.utf8.first == UInt8(ascii: "/") || target == "*" else {
            return bad("the request line has neither a path nor an http URL")
        }
        for host in hosts + (authority.map { [$0] } ?? []) where HostName(host) == nil {
            return bad("the host is not <name> or <name>:<port>")
        }
        if authority?.isEmpty == true { return bad("the URL in the request line has no host") }
        // RFC 9112, 6: two ways to say how long the body is are one too many.
        let codings = head.headers["transfer-encoding"]
        let lengths = head.headers["content-length"]
        if !codings.isEmpty {
            if head.version.minor == 0 { return bad("HTTP/1.0 has no Transfer-Encoding") }
            if !lengths.isEmpty { return bad("Content-Length and Transfer-Encoding exclude each other") }
            if codings.count > 1 || codings[0].lowercased() != "chunked" {
                return Refusal(status: .notImplemented, words: "the only supported Transfer-Encoding is chunked")
            }
        }
        if lengths.count > 1 { return bad("there is more than one Content-Length header") }
        return nil
    }
}
