import OCI

/// One HTTP request, before it is known how it will be sent.
struct HTTPRequest {
    enum Method: String, Sendable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    var method: Method
    var address: HTTPAddress
    /// Names and values, without line breaks; checked by the transport.
    var fields: [(name: String, value: String)] = []
    var body: HTTPBody = .none
    /// Seconds for the whole exchange; nil: as long as bytes flow.
    var greatestDuration: Int?
    /// Told how many bytes of the body are on their way.
    var onSent: ((Int64) -> Void)?

    init(_ method: Method, _ address: HTTPAddress) {
        self.method = method
        self.address = address
    }

    /// Sets a field, instead of one of that name.
    mutating func set(_ name: String, _ value: String) {
        fields.removeAll { $0.name.lowercased() == name.lowercased() }
        fields.append((name, value))
    }
}

/// What a request carries.
enum HTTPBody {
    case none
    case bytes([UInt8])
    /// A part of an open file, which can be sent again.
    case file(descriptor: Int32, offset: Int64, count: Int64)
    /// So many bytes as they come out of a pipe: once.
    case stream(descriptor: Int32, count: Int64)

    var count: Int64 {
        switch self {
        case .none: 0
        case .bytes(let bytes): Int64(bytes.count)
        case .file(_, _, let count), .stream(_, let count): count
        }
    }
}

/// The head of an answer: status and fields.
struct HTTPHead: Equatable, Sendable {
    /// Of all fields of an answer together, interim answers included; greater heads are refused.
    static let greatestSize = 64 << 10

    var status: Int
    /// Names in lower case, in the order in which they came.
    private(set) var fields: [(name: String, value: String)] = []

    init(status: Int) { self.status = status }

    static func == (left: HTTPHead, right: HTTPHead) -> Bool {
        left.status == right.status && left.fields.elementsEqual(right.fields) { $0 == $1 }
    }

    /// Takes a line `Name: value`; anything else is skipped.
    mutating func take(line: some StringProtocol) {
        guard let colon = line.firstIndex(of: ":") else { return }
        let name = line[..<colon]
        guard !name.isEmpty, !name.contains(where: \.isWhitespace) else { return }
        fields.append((name.lowercased(), Self.trimmed(line[line.index(after: colon)...])))
    }

    /// The values of every field of a name, given in lower case.
    func values(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }

    /// The value of a field that is given once; of one given several times with different values none can be trusted.
    func value(_ name: String) -> String? {
        let all = values(name)
        return all.allSatisfy { $0 == all.first } ? all.first : nil
    }

    var isSuccess: Bool { (200...299).contains(status) }
    var isRedirect: Bool { [301, 302, 303, 307, 308].contains(status) }

    /// `Content-Length`; nil where it is not a number.
    var contentLength: Int64? {
        guard let text = value("content-length"), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int64(text)
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        String(text.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}

/// A whole answer.
struct HTTPResponse: Sendable {
    var head: HTTPHead
    /// What came with a failure, cut where it is long; the content of a success only where no sink took it.
    var body: [UInt8]
    /// Where the answer came from, after redirects.
    var address: HTTPAddress

    var status: Int { head.status }
}
