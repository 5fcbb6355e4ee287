import Glibc
import HTTPTypes
import Hummingbird
import Linux
import NIOCore
import NIOHTTP1
import NIOPosix
import RegistryServer

/// A request's surroundings: its connection.
struct RegistryContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}

/// Answers HTTP by the registry: authentication before it, the log and the figures behind.
struct RegistryResponder: HTTPResponder {
    let registry: Registry
    let authenticator: PasswordAuthenticator?
    /// Does bcrypt's work, on threads apart: a flood of wrong passwords keeps nobody from the disk.
    let desk: LoginDesk?
    let log: AccessLog?
    let metrics: Metrics
    /// Whether bodies pass through TLS, and cannot be sent by the kernel.
    let isSecure: Bool
    /// Does what waits for the disk.
    let pool: NIOThreadPool
    /// What of bodies and answers is in memory.
    let memory: HeldMemory
    /// What reads large documents goes through it.
    let turnstile = Turnstile()
    /// Lists are made by few at a time: each reads a directory, or many files, for an answer that may be large.
    let lists = Turnstile(width: listThreads)
    /// Makes them, by threads that come after those that transfer something.
    let listPool: NIOThreadPool
    let table: ConnectionTable

    static let listThreads = 4
    /// Bodies up to this many bytes are read at once and sent with their head.
    private static let smallFile: Int64 = 64 << 10
    /// Bytes that the kernel sends in one go: few enough to be in the processor's cache still when the client takes them.
    private static let sentSize: Int64 = 1 << 20
    /// Bytes of the pieces in which greater ones are read where the kernel cannot send them.
    private static let pieceSize = 256 * 1024

    func respond(to request: Request, context: RegistryContext) async throws -> Response {
        let start = HostClock.now()
        var asked = Self.registryRequest(request, context.channel)
        if asked.target == "/healthz" { return Self.health(asked) }
        metrics.begin()
        var received: Int64 = 0
        var user: String?
        do {
            // Of what a connection asked ahead, nothing is done once it has gone.
            guard let entry = table.entry(of: context.channel) else { throw ChannelError.ioOnClosedChannel }
            var answer: RegistryResponse
            switch try await authenticate(asked) {
            case .granted(let name):
                user = name
                asked.user = name
                answer = try await exchange(asked, request, context, entry, &received)
            case .refused(let response): answer = response
            }
            // RFC 9110, 9.3.2: whatever is answered, who is let in or not; else the next answer would begin with this one's body.
            if asked.method == "HEAD" { answer = answer.headerOnly }
            if case .bytes(let bytes) = answer.body, !hold(bytes.count, context) {
                answer = RegistryFault.noMemory.response
            }
            return response(answer, Turn(asked, user: user, received: received, start: start, self), context)
        } catch {
            // The connection broke in the middle of a body: nobody is there to be answered, the log says so (499 is what log
            // readers know for it).
            let turn = Turn(asked, user: user, received: received, start: start, self)
            turn.end(status: 499, sent: 0, cause: "\(error)")
            throw error
        }
    }

    // MARK: The request

    private static func registryRequest(_ request: Request, _ channel: any Channel) -> RegistryRequest {
        var headers: [String: String] = [:]
        // Hummingbird's types have `Host` apart.
        headers["host"] = request.head.authority
        for field in request.headers {
            let name = field.name.canonicalName
            headers[name] = headers[name].map { "\($0), \(field.value)" } ?? field.value
        }
        return RegistryRequest(
            method: request.method.rawValue, target: request.head.path ?? "", headers: headers,
            peer: channel.remoteAddress?.ipAddress ?? "")
    }

    private static func health(_ request: RegistryRequest) -> Response {
        let text = ByteBuffer(string: request.method == "HEAD" ? "" : "ok\n")
        return Response(status: .ok, headers: [.contentType: "text/plain"], body: .init(byteBuffer: text))
    }

    private enum Admission {
        case granted(String?)
        case refused(RegistryResponse)
    }

    private func authenticate(_ request: RegistryRequest) async throws -> Admission {
        guard let authenticator, let desk else { return .granted(nil) }
        let header = request.headers["authorization"]
        if let user = authenticator.recall(header) { return .granted(user) }
        let verdict: PasswordAuthenticator.Verdict
        if let header {
            switch await desk.check(header, from: request.peer) {
            case .verdict(let found): verdict = found
            case .tooMany:
                metrics.refuse()
                // Else a flood comes again at once, and leaves a right password among it less of a chance.
                try await Task.sleep(for: .seconds(1))
                return .refused(registry.tooManyLogins)
            }
        } else {
            verdict = authenticator.check(nil)
        }
        switch verdict {
        case .granted(let user): return .granted(user)
        case .unavailable(let cause): return .refused(registry.accessUnavailable(cause: cause))
        case .refused(let delay):
            if header != nil { metrics.refuse() }
            if delay > 0 { try await Task.sleep(for: .milliseconds(delay)) }
            return .refused(registry.unauthorized)
        }
    }

    private func exchange(
        _ asked: RegistryRequest, _ request: Request, _ context: RegistryContext, _ entry: ConnectionTable.Entry,
        _ received: inout Int64
    ) async throws -> RegistryResponse {
        let action: RegistryAction
        if asked.method == "DELETE" {
            // Deleting a manifest reads it.
            action = try await turnstile.pass(weight: 0) { try await begin(asked, entry) }
        } else if asked.isForList {
            // Who was given many already comes after those who were given fewer.
            action = try await lists.pass(weight: entry.countList(), for: entry) {
                try await begin(asked, entry, isList: true)
            }
        } else {
            action = try await begin(asked, entry)
        }
        let receiver: any BodyReceiver
        switch action {
        case .answer(let answer): return answer
        case .receive(let found): receiver = found
        }
        var reader = BodyReader(self, context.channel, receiver.isHeld ? entry : nil)
        defer { received = reader.count }
        if asked.headers["expect"]?.lowercased() == "100-continue" {
            try await context.channel.triggerUserOutboundEvent(OutboundEvent.proceed).get()
        }
        do {
            return try await reader.read(request.body, length: asked.contentLength, to: receiver)
        } catch let error as RegistryFault {
            return error.response
        } catch let error as HTTPParserError where error != .invalidEOFState {
            return RegistryFault.malformedBody("\(error)").response
        }
    }

    private func begin(
        _ asked: RegistryRequest, _ entry: ConnectionTable.Entry, isList: Bool = false
    ) async throws -> RegistryAction {
        try await (isList ? listPool : pool).runIfActive { [registry] () -> RegistryAction in
            // On Linux, 0 is the calling thread.
            if isList { _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 5) }
            // Many may have waited for a thread before this one.
            if entry.isClosed { throw ChannelError.ioOnClosedChannel }
            switch registry.begin(asked) {
            case .answer(let answer): return .answer(answer.reading(filesUpTo: Self.smallFile))
            case .receive(let receiver):
                // What has no body is done in the same go.
                guard asked.isBodyless else { return .receive(receiver) }
                do throws(RegistryFault) {
                    return .answer(try receiver.finish())
                } catch {
                    return .answer(error.response)
                }
            }
        }
    }

    // MARK: The answer

    private func response(_ answer: RegistryResponse, _ turn: Turn, _ context: RegistryContext) -> Response {
        var headers = HTTPFields()
        for (name, value) in answer.headers {
            guard let name = HTTPField.Name(name) else { continue }
            headers.append(HTTPField(name: name, value: value))
        }
        headers[.apiVersion] = "registry/2.0"
        headers[.contentTypeOptions] = "nosniff"
        if answer.status != 204 && answer.status != 304 {
            headers[.contentLength] = String(answer.contentLength)
        }
        let status = HTTPResponse.Status(code: answer.status)
        switch answer.body {
        case .none:
            turn.end(status: answer.status, sent: 0, cause: answer.cause)
            return Response(status: status, headers: headers)
        case .bytes(let bytes):
            turn.end(status: answer.status, sent: Int64(bytes.count), cause: answer.cause)
            return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
        case .file(let part):
            let body = ResponseBody(contentLength: Int(part.count)) { writer in
                do {
                    try await send(part, to: &writer, context)
                    try await writer.finish(nil)
                    turn.end(status: answer.status, sent: part.count)
                } catch {
                    turn.end(status: 499, sent: 0, cause: "\(error)")
                    // Not a byte more may follow a body that is not whole.
                    context.channel.close(promise: nil)
                    throw error
                }
            }
            return Response(status: status, headers: headers, body: body)
        }
    }

    /// Counts what is to be written as held, until the other end has taken it (`ConnectionGuard`).
    private func hold(_ count: Int, _ context: RegistryContext) -> Bool {
        guard count > HeldMemory.small else { return true }
        guard let entry = table.entry(of: context.channel) else { return false }
        return memory.hold(.answer, of: entry, count)
    }

    private func send(_ part: FilePart, to writer: inout any ResponseBodyWriter, _ context: RegistryContext)
        async throws
    {
        var position: Int64 = 0
        // The next piece waits in the channel while one is sent: nothing has to wake anything between the two.
        var sent: EventLoopFuture<Void>?
        while !isSecure, position < part.count {
            // The kernel sends from an event loop's thread, which must not wait for the disk: a thread of the pool does so before.
            let (start, count) = (position, min(Self.sentSize, part.count -| position))
            if !part.isInMemory(start, count: count) {
                try await pool.runIfActive {
                    withUnsafeTemporaryAllocation(byteCount: Self.pieceSize, alignment: 16) {
                        part.warm(start, count: count, scratch: $0)
                    }
                }
            }
            let next = context.channel.eventLoop.makePromise(of: Void.self)
            context.channel.triggerUserOutboundEvent(
                OutboundEvent.file(part, position: start, count: count), promise: next)
            try await sent?.get()
            sent = next.futureResult
            position +|= count
        }
        try await sent?.get()
        while position < part.count {
            let size = Int(min(Int64(Self.pieceSize), part.count -| position))
            let start = position
            guard hold(size, context) else { throw ChannelError.ioOnClosedChannel }
            let piece = try await pool.runIfActive {
                var buffer = context.channel.allocator.buffer(capacity: size)
                let count = try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: size) {
                    try part.read(at: start, into: UnsafeMutableRawBufferPointer(rebasing: $0[..<size]))
                }
                guard count == size else {
                    throw SystemError("read", "blob", errno: 0, advice: "it is shorter than it was")
                }
                return buffer
            }
            try await writer.write(piece)
            position +|= Int64(size)
        }
    }
}

/// What is known of a request when it ends.
private struct Turn: Sendable {
    private let request: RegistryRequest
    private let user: String?
    private let received: Int64
    private let start: UInt64
    private let log: AccessLog?
    private let metrics: Metrics

    init(_ request: RegistryRequest, user: String?, received: Int64, start: UInt64, _ responder: RegistryResponder) {
        self.request = request
        self.user = user
        self.received = received
        self.start = start
        log = responder.log
        metrics = responder.metrics
    }

    func end(status: Int, sent: Int64, cause: String? = nil) {
        let entry = AccessEntry(
            request, user: user, status: status, received: received, sent: sent,
            seconds: Double(HostClock.now() - start) / 1e9, cause: cause)
        metrics.end(entry)
        log?.write(entry)
    }
}

extension HTTPField.Name {
    static let apiVersion = HTTPField.Name("Docker-Distribution-API-Version") ?? .server
    static let contentTypeOptions = HTTPField.Name("X-Content-Type-Options") ?? .server
}
