import CCurl
import Glibc
import Linux
import OCI

/// How long the transport waits, and for how much.
package struct TransportLimits: Equatable, Sendable {
    /// Seconds until a connection stands, TLS included.
    package var connect = 30
    /// Seconds that may pass with fewer than `stallSpeed` bytes each.
    package var stall = 60
    /// Bytes a second.
    package var stallSpeed = 64
    /// Seconds without a byte after a content was sent: registries verify it before they answer.
    package var verification = 300
    /// Seconds for documents: manifests, tokens, lists.
    package var document = 120

    package init() {}
}

/// Whom to believe on the other end, and who to be.
struct TransportTrust: Equatable, Sendable {
    /// Whether a certificate is asked for and must be good.
    var verifies = true
    /// Certificates in PEM to believe instead of the system's; nil: the system's.
    var authorities: [UInt8]?
    /// Paths of a certificate and its key, in PEM.
    var identity: Identity?

    struct Identity: Equatable, Sendable {
        var certificate: String
        var key: String
    }
}

/// One connection's worth of HTTP by libcurl's easy interface: blocking, for one thread at a time, its connection kept for the
/// next request.
///
/// Not URLSession, as the house's plan had it: on Linux it cannot be held back while a layer is written to disk, takes no
/// certificate authority and no exemption from verification for one host, and neither lets a redirect be looked at before
/// it is followed nor credentials be withheld from it.
final class HTTPTransport {
    /// Called with the head of a success; what it returns takes the content, piece by piece. With nil the content is
    /// collected.
    typealias Acceptance = (HTTPHead) throws -> Sink?
    typealias Sink = (UnsafeRawBufferPointer) throws -> Void

    /// The greatest content that is collected of a success.
    static let greatestDocument = 16 << 20
    /// What is kept of the words that come with a failure.
    static let greatestComplaint = 64 << 10

    static let userAgent = "isolab/\(Release.version)"

    /// With SIGPIPE ignored in the whole process: libcurl cannot keep it from several threads, and a broken connection is an error
    /// like others.
    private static let isReady: Bool = {
        _ = signal(SIGPIPE, SIG_IGN)
        return curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
    }()

    private let handle: UnsafeMutableRawPointer
    private let limits: TransportLimits
    let cancellation: Cancellation

    init(limits: TransportLimits = TransportLimits(), cancellation: Cancellation = Cancellation()) {
        guard Self.isReady, let handle = curl_easy_init() else {
            // libcurl fails here for want of memory alone.
            fatalError("libcurl cannot be set up")
        }
        self.handle = handle
        self.limits = limits
        self.cancellation = cancellation
    }

    deinit { curl_easy_cleanup(handle) }

    /// Sends one request and takes its answer, whatever its status. Redirects are answers here.
    ///
    /// - Throws: `TransportError`, or what `accept` or its sink threw.
    func exchange(
        _ request: HTTPRequest, trust: TransportTrust = TransportTrust(), accept: Acceptance? = nil
    ) throws -> HTTPResponse {
        let exchange = HTTPExchange(request, cancellation: cancellation, accept: accept)
        var list = try fields(of: request)
        defer { curl_slist_free_all(list) }
        curl_easy_reset(handle)
        configure(request, &list)
        configure(trust, for: request.address)
        let complaint = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
        complaint.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        defer { complaint.deallocate() }
        set(CURLOPT_ERRORBUFFER, pointer: complaint)
        let code = withExtendedLifetime(exchange) {
            exchange.attach(to: handle)
            return curl_easy_perform(handle)
        }
        var handshake: curl_off_t = 0
        isolab_curl_get_size(handle, CURLINFO_APPCONNECT_TIME_T, &handshake)
        // The buffer and the exchange go; the handle stays.
        curl_easy_reset(handle)
        if let error = exchange.error { throw error }
        if code == CURLE_OK || exchange.isCut {
            guard let head = exchange.head else {
                throw TransportError(.refused, request.address, "the answer has no head")
            }
            do { try exchange.acceptIfDue() } catch { throw error }
            return HTTPResponse(head: head, body: exchange.collected, address: request.address)
        }
        throw Self.error(code, String(cString: complaint), request.address, wasSecure: handshake > 0)
    }

    // MARK: Options

    private func set(_ option: CURLoption, _ value: Int) { isolab_curl_set_number(handle, option, value) }
    private func set(_ option: CURLoption, text: String) { isolab_curl_set_text(handle, option, text) }
    private func set(_ option: CURLoption, pointer: UnsafeMutableRawPointer?) {
        isolab_curl_set_pointer(handle, option, pointer)
    }

    private func fields(of request: HTTPRequest) throws -> UnsafeMutablePointer<curl_slist>? {
        var list: UnsafeMutablePointer<curl_slist>?
        // Without `Expect` libcurl would wait a second for permission to send.
        for (name, value) in request.fields + [("Expect", "")] {
            guard (name + value).utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                curl_slist_free_all(list)
                throw TransportError(.local, request.address, "the field \(name) cannot be sent: it holds a line break")
            }
            list = curl_slist_append(list, value.isEmpty ? "\(name):" : "\(name): \(value)") ?? list
        }
        return list
    }

    private func configure(_ request: HTTPRequest, _ list: inout UnsafeMutablePointer<curl_slist>?) {
        set(CURLOPT_URL, text: request.address.description)
        set(CURLOPT_PROTOCOLS_STR, text: "http,https")
        set(CURLOPT_PATH_AS_IS, 1)
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_FOLLOWLOCATION, 0)
        // One request a connection at a time anyway; and heads stay lines of text.
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        set(CURLOPT_USERAGENT, text: Self.userAgent)
        set(CURLOPT_HTTPHEADER, pointer: list)
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        set(CURLOPT_BUFFERSIZE, 256 << 10)
        set(CURLOPT_UPLOAD_BUFFERSIZE, 256 << 10)
        set(CURLOPT_CONNECTTIMEOUT, limits.connect)
        set(CURLOPT_LOW_SPEED_LIMIT, limits.stallSpeed)
        set(CURLOPT_LOW_SPEED_TIME, request.body.count > 0 ? max(limits.stall, limits.verification) : limits.stall)
        set(CURLOPT_TIMEOUT, request.greatestDuration ?? 0)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        configureProxy(request.address)
        switch request.method {
        case .get: set(CURLOPT_HTTPGET, 1)
        case .head: set(CURLOPT_NOBODY, 1)
        case .delete: set(CURLOPT_CUSTOMREQUEST, text: "DELETE")
        case .post, .put, .patch:
            set(CURLOPT_UPLOAD, 1)
            set(CURLOPT_CUSTOMREQUEST, text: request.method.rawValue)
            isolab_curl_set_size(handle, CURLOPT_INFILESIZE_LARGE, curl_off_t(request.body.count))
        }
    }

    /// libcurl reads `https_proxy`, `HTTPS_PROXY`, `all_proxy`, `no_proxy` and their like by itself. It leaves out `HTTP_PROXY`,
    /// which a web server would set from a request's `Proxy` field; Docker and Go heed it where no web server is near.
    private func configureProxy(_ address: HTTPAddress) {
        if address.isLoopback {
            set(CURLOPT_NOPROXY, text: "*")
        } else if address.scheme == .http, getenv("http_proxy") == nil, getenv("REQUEST_METHOD") == nil,
            let proxy = getenv("HTTP_PROXY"), proxy.pointee != 0
        {
            set(CURLOPT_PROXY, text: String(cString: proxy))
        }
    }

    private func configure(_ trust: TransportTrust, for address: HTTPAddress) {
        guard address.scheme == .https else { return }
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        set(CURLOPT_SSL_VERIFYPEER, trust.verifies ? 1 : 0)
        set(CURLOPT_SSL_VERIFYHOST, trust.verifies ? 2 : 0)
        if let authorities = trust.authorities {
            authorities.withUnsafeBytes {
                _ = isolab_curl_set_bytes(handle, CURLOPT_CAINFO_BLOB, $0.baseAddress, $0.count)
            }
        }
        if let identity = trust.identity {
            set(CURLOPT_SSLCERT, text: identity.certificate)
            set(CURLOPT_SSLKEY, text: identity.key)
        }
    }

    /// The file of the authorities that libcurl believes by default.
    static let systemAuthorities: String? = {
        if let path = getenv("SSL_CERT_FILE"), path.pointee != 0 { return String(cString: path) }
        guard isReady, let handle = curl_easy_init() else { return nil }
        defer { curl_easy_cleanup(handle) }
        var text: UnsafeMutablePointer<CChar>?
        isolab_curl_get_text(handle, CURLINFO_CAINFO, &text)
        return text.map { String(cString: $0) }
    }()

    // MARK: Errors

    private static func error(
        _ code: CURLcode, _ complaint: String, _ address: HTTPAddress, wasSecure: Bool
    ) -> TransportError {
        let words = complaint.isEmpty ? String(cString: curl_easy_strerror(code)) : complaint
        func error(_ kind: TransportError.Kind) -> TransportError {
            TransportError(kind, address, shown(words), wasSecure: wasSecure)
        }
        // What the other end says of itself or of us (RFC 8446, 6.2), during the handshake or, with TLS 1.3, after it.
        if address.scheme == .https, words.contains(" alert ") {
            let ofIdentity = [
                "certificate required", "handshake failure", "bad certificate", "unsupported certificate", "unknown ca",
                "certificate unknown", "certificate expired", "certificate revoked", "access denied", "decrypt error",
            ]
            return error(ofIdentity.contains { words.contains($0) } ? .identity : .refused)
        }
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT, CURLE_PARTIAL_FILE,
            CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_SEND_FAIL_REWIND:
            return error(.connection)
        case CURLE_OPERATION_TIMEDOUT: return error(.timeout)
        case CURLE_SSL_CONNECT_ERROR:
            let speaksOtherwise = ["wrong version number", "http request", "packet length too long", "record layer"]
            return error(speaksOtherwise.contains { words.contains($0) } ? .notTLS : .connection)
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR:
            return error(.certificate)
        case CURLE_ABORTED_BY_CALLBACK: return error(.cancelled)
        case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_CONTENT_ENCODING,
            CURLE_FILESIZE_EXCEEDED:
            return error(.refused)
        default: return error(.local)
        }
    }
}
