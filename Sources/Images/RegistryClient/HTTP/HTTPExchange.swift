import CCurl
import Glibc
import Linux
import OCI

/// What libcurl's functions work on during one request: they are called on the thread that performs it, and nowhere else.
final class HTTPExchange {
    private let request: HTTPRequest
    private let cancellation: Cancellation
    private var accept: HTTPTransport.Acceptance?
    private var sink: HTTPTransport.Sink?

    private(set) var head: HTTPHead?
    private(set) var collected: [UInt8] = []
    /// What a function of ours threw; it ended the exchange.
    private(set) var error: (any Error)?
    /// The words of a failure were longer than is kept.
    private(set) var isCut = false

    private var headSize = 0
    private var hasContent = false
    private var sent: Int64 = 0

    init(_ request: HTTPRequest, cancellation: Cancellation, accept: HTTPTransport.Acceptance?) {
        self.request = request
        self.cancellation = cancellation
        self.accept = accept
    }

    /// Names itself to libcurl, borrowed: the handle must be reset before this goes.
    func attach(to handle: UnsafeMutableRawPointer) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        func set(_ option: CURLoption) { isolab_curl_set_pointer(handle, option, context) }
        isolab_curl_set_data_function(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            HTTPExchange.of(context).take(line: UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        set(CURLOPT_HEADERDATA)
        isolab_curl_set_data_function(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            HTTPExchange.of(context).take(content: UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        set(CURLOPT_WRITEDATA)
        isolab_curl_set_data_function(handle, CURLOPT_READFUNCTION) { bytes, size, count, context in
            HTTPExchange.of(context).give(UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
        }
        set(CURLOPT_READDATA)
        isolab_curl_set_seek_function(handle) { context, offset, origin in
            HTTPExchange.of(context).seek(offset, origin)
        }
        set(CURLOPT_SEEKDATA)
        isolab_curl_set_number(handle, CURLOPT_NOPROGRESS, 0)
        isolab_curl_set_progress_function(handle) { context, _, _, _, _ in
            HTTPExchange.of(context).cancellation.isCancelled ? 1 : 0
        }
        set(CURLOPT_XFERINFODATA)
    }

    private static func of(_ context: UnsafeMutableRawPointer?) -> HTTPExchange {
        guard let context else { preconditionFailure("libcurl gives back the context it was given") }
        return Unmanaged<HTTPExchange>.fromOpaque(context).takeUnretainedValue()
    }

    // MARK: Down

    /// A line of a head, with its line break.
    private func take(line bytes: UnsafeRawBufferPointer) -> Int {
        headSize += bytes.count
        guard headSize <= HTTPHead.greatestSize else {
            error = TransportError(
                .refused, request.address, "the head of the answer is greater than \(HTTPHead.greatestSize >> 10) KiB")
            return 0
        }
        // What stands after the content is not of the head.
        guard !hasContent else { return bytes.count }
        let line = String(decoding: bytes, as: UTF8.self).filter { !$0.isNewline }
        if line.hasPrefix("HTTP/") {
            let words = line.split(separator: " ", maxSplits: 2)
            head = HTTPHead(status: words.count > 1 ? Int(words[1]) ?? 0 : 0)
        } else {
            head?.take(line: line)
        }
        return bytes.count
    }

    private func take(content bytes: UnsafeRawBufferPointer) -> Int {
        let isFirst = !hasContent
        hasContent = true
        do {
            if isFirst { try refuseCoding() }
            try acceptIfDue()
            if let sink {
                try sink(bytes)
            } else if head?.isSuccess == true {
                guard collected.count + bytes.count <= HTTPTransport.greatestDocument else {
                    throw TransportError(
                        .refused, request.address,
                        "the answer is greater than \(HTTPTransport.greatestDocument >> 20) MiB")
                }
                collected.append(contentsOf: bytes)
            } else {
                let room = HTTPTransport.greatestComplaint - collected.count
                collected.append(contentsOf: bytes.prefix(room))
                if bytes.count > room {
                    isCut = true
                    return 0
                }
            }
            return bytes.count
        } catch {
            self.error = error
            return 0
        }
    }

    /// Contents are as their digests say, and no other form of them was asked for (`Accept-Encoding`).
    private func refuseCoding() throws {
        guard let head, head.isSuccess, let coding = head.values("content-encoding").first(where: { !$0.isEmpty }),
            coding.lowercased() != "identity"
        else { return }
        throw TransportError(
            .refused, request.address,
            "the answer is encoded (Content-Encoding: \(shown(coding))), which was not requested; a proxy may have done so"
        )
    }

    /// Shows the head of a success to whoever takes its content, once.
    func acceptIfDue() throws {
        guard let accept, let head, head.isSuccess else { return }
        self.accept = nil
        sink = try accept(head)
    }

    // MARK: Up

    private func give(_ room: UnsafeMutableRawBufferPointer) -> Int {
        let left = request.body.count -| sent
        guard left > 0, let base = room.baseAddress else { return 0 }
        let wanted = Int(min(Int64(room.count), left))
        let count: Int
        do throws(SystemError) {
            switch request.body {
            case .none: return 0
            case .bytes(let bytes):
                count = wanted
                bytes.withUnsafeBytes {
                    room.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[Int(sent)..<Int(sent) + wanted]))
                }
            case .file(let descriptor, let offset, _):
                count = try retryingOnInterrupt("pread", "a blob") {
                    pread(descriptor, base, wanted, off_t(offset +| sent))
                }
            case .stream(let descriptor, _):
                count = try retryingOnInterrupt("read", "a pipe") { read(descriptor, base, wanted) }
            }
        } catch {
            self.error = error
            return Int(CURL_READFUNC_ABORT)
        }
        guard count > 0 else {
            error = TransportError(.local, request.address, "the content to send ends \(left) bytes early")
            return Int(CURL_READFUNC_ABORT)
        }
        sent +|= Int64(count)
        request.onSent?(sent)
        return count
    }

    /// Goes back, where a kept connection turned out to be gone.
    private func seek(_ offset: curl_off_t, _ origin: Int32) -> Int32 {
        if case .stream = request.body, offset != sent { return CURL_SEEKFUNC_FAIL }
        guard origin == SEEK_SET else { return CURL_SEEKFUNC_FAIL }
        sent = Int64(offset)
        return CURL_SEEKFUNC_OK
    }
}
