import Glibc
import Linux
import OCI

/// One request that was answered, as a log has it.
package struct AccessEntry: Sendable {
    package var peer: String
    package var user: String?
    package var method: String
    package var target: String
    package var status: Int
    /// Bytes of the bodies.
    package var received: Int64
    package var sent: Int64
    package var referer: String?
    package var agent: String?
    package var seconds: Double
    /// Why it failed, for the operator.
    package var cause: String?
    /// Seconds since 1970.
    package var time: Int

    package init(
        _ request: RegistryRequest, user: String?, status: Int, received: Int64, sent: Int64, seconds: Double,
        cause: String? = nil
    ) {
        peer = request.peer
        self.user = user
        method = request.method
        target = request.target
        self.status = status
        self.received = received
        self.sent = sent
        referer = request.headers["referer"]
        agent = request.headers["user-agent"]
        self.seconds = seconds
        self.cause = cause
        time = Glibc.time(nil)
    }

    /// The line of the "combined" format, which every log reader knows, with the seconds it took and the cause of a failure behind.
    /// What the client wrote is escaped: no request can end a line or a field.
    package var combined: String {
        func quoted(_ text: String?) -> String { "\"\(text.map(Self.escaped) ?? "-")\"" }
        let who = user.map { Self.escaped($0).split(separator: " ").joined(separator: "\\x20") } ?? "-"
        var line =
            "\(peer.isEmpty ? "-" : peer) - \(who) [\(Self.day(time))] "
            + "\(quoted("\(method) \(target) HTTP/1.1")) \(status) \(sent) \(quoted(referer)) \(quoted(agent)) "
            + Self.decimal(seconds)
        if let cause { line += " \(quoted(cause))" }
        return line
    }

    /// An object a line.
    package var json: String {
        let fields: [(String, String?)] = [
            ("time", String(time)), ("peer", quote(peer)), ("user", user.map(quote)), ("method", quote(method)),
            ("target", quote(target)), ("status", String(status)), ("received", String(received)),
            ("sent", String(sent)), ("seconds", Self.decimal(seconds)), ("agent", agent.map(quote)),
            ("referer", referer.map(quote)), ("cause", cause.map(quote)),
        ]
        return "{" + fields.compactMap { name, value in value.map { "\"\(name)\":\($0)" } }.joined(separator: ",") + "}"
    }

    private func quote(_ text: String) -> String {
        String(decoding: JSONDocument.write(text, indented: false), as: UTF8.self)
    }

    /// Quotation marks, backslashes, and whatever is not printable ASCII, as `\xHH`.
    static func escaped(_ text: String) -> String {
        var result: [UInt8] = []
        for byte in text.utf8.prefix(4096) {
            if (0x20..<0x7F).contains(byte), byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
                result.append(byte)
            } else {
                result += "\\x\(Hexadecimal.text([byte]))".utf8
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// With six digits behind the point.
    private static func decimal(_ seconds: Double) -> String {
        let micros = Int64(max(0, seconds) * 1e6)
        let fraction = String(micros % 1_000_000)
        return "\(micros / 1_000_000).\(String(repeating: "0", count: 6 - fraction.utf8.count))\(fraction)"
    }

    /// `24/Nov/2026:08:50:00 +0000`
    private static func day(_ time: Int) -> String {
        var moment = time_t(time)
        var parts = tm()
        gmtime_r(&moment, &parts)
        func two(_ number: Int32) -> String { (number < 10 ? "0" : "") + String(number) }
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return "\(two(parts.tm_mday))/\(months[Int(parts.tm_mon)])/\(parts.tm_year + 1900):"
            + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) +0000"
    }
}

/// Where the lines go.
package final class AccessLog: Sendable {
    package enum Format: String, CaseIterable, Sendable { case combined, json }

    private let file: OwnedDescriptor
    private let format: Format

    /// - Parameter path: a file to append to; `-`: standard error.
    package init(path: String, format: Format) throws {
        if path == "-" {
            file = OwnedDescriptor(owning: try retryingOnInterrupt("dup", path) { dup(STDERR_FILENO) })
        } else {
            file = try OwnedDescriptor(opening: path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o640)
        }
        self.format = format
    }

    /// Appends a line in one call, so that lines of several threads never mix. A log that cannot be written stops nothing.
    package func write(_ entry: AccessEntry) {
        let line = (format == .json ? entry.json : entry.combined) + "\n"
        try? SystemFile.write(Array(line.utf8), to: file.number, "access log")
    }
}
