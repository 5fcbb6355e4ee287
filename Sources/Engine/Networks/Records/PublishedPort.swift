import Linux
package import OCI

/// A port of the host that leads to one of a container.
package struct PublishedPort: Hashable, Sendable, JSONObject {
    package enum Transport: String, CaseIterable, JSONValue, Sendable { case tcp, udp }

    package var transport: Transport
    /// Of the host; nil: every one; all zeros: every one of its family.
    package var address: IPAddress?
    /// Of the host; 0: one that is free.
    package var port: UInt16
    package var containerPort: UInt16

    package init(_ transport: Transport, address: IPAddress? = nil, port: UInt16, containerPort: UInt16) {
        self.transport = transport
        self.address = address
        self.port = port
        self.containerPort = containerPort
    }

    /// Whether it is the same on all addresses of the host that are of its family, or of both.
    var isOfEveryAddress: Bool { address.map { $0.number == 0 } ?? true }

    /// Whether it is one of the host's addresses of a family.
    package func isOf(v4: Bool) -> Bool { address.map { $0.isV4 == v4 } ?? true }

    package static var blank: PublishedPort { PublishedPort(.tcp, port: 0, containerPort: 0) }

    package mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("transport", &transport)
        try members.optional("address", &address)
        try members.required("port", &port)
        try members.required("containerPort", &containerPort)
    }

    /// A value that is not one of `-p`.
    package struct Fault: Error, Equatable, Sendable { package let problem: String }

    /// `[[ADDRESS:][PORT[-PORT]]:]PORT[-PORT][/tcp|udp]`, an IPv6 address in brackets.
    package static func read(_ text: String) throws(Fault) -> [PublishedPort] {
        let parts = text.fields(between: "/", maxSplits: 1)
        let word = parts.count == 2 ? String(parts[1]) : "tcp"
        guard let transport = Transport(rawValue: word) else {
            throw Fault(problem: word == "sctp" ? "SCTP is not supported" : "'\(word)' is not tcp or udp")
        }
        var rest = String(parts[0])
        var address: IPAddress?
        if let inner = rest.rest(after: "["), let end = inner.cut(at: "]") {
            address = try Self.address(String(end.before))
            guard let after = String(end.after).rest(after: ":") else { throw form }
            rest = String(after)
            guard rest.holds(":") else { throw form }
        }
        var fields = rest.fields(between: ":").map(String.init)
        if fields.count == 3, address == nil {
            address = fields[0].isEmpty ? nil : try Self.address(fields[0])
            fields.removeFirst()
        }
        guard (1...2).contains(fields.count) else { throw form }
        let inside = try range(fields[fields.count - 1])
        // Docker takes 0 for a port of the host that is free, too.
        guard fields.count == 2, !fields[0].isEmpty, fields[0] != "0" else {
            return inside.map { PublishedPort(transport, address: address, port: 0, containerPort: $0) }
        }
        let outside = try range(fields[0])
        guard outside.count == inside.count else {
            throw Fault(problem: "the ranges \(fields[0]) and \(fields[1]) are not of one length")
        }
        return zip(outside, inside).map { PublishedPort(transport, address: address, port: $0, containerPort: $1) }
    }

    private static let form = Fault(problem: "takes [[ADDRESS:]PORT:]PORT[/tcp|udp], with ranges as 8000-8010")

    private static func address(_ text: String) throws(Fault) -> IPAddress {
        guard let address = IPAddress(text) else {
            throw Fault(problem: "'\(text)' is not an address, such as 127.0.0.1 or [::1]")
        }
        return address
    }

    private static func range(_ text: String) throws(Fault) -> ClosedRange<UInt16> {
        func port(_ text: Substring) throws(Fault) -> UInt16 {
            guard text.utf8.count <= 5, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(text),
                port > 0
            else {
                throw Fault(problem: "'\(text)' is not a port from 1 to 65535")
            }
            return port
        }
        guard let parts = text.cut(at: "-") else {
            let only = try port(Substring(text))
            return only...only
        }
        let (first, last) = (try port(parts.before), try port(parts.after))
        guard first <= last else { throw Fault(problem: "'\(text)' ends before it begins") }
        return first...last
    }

    /// As `ps` shows it.
    package var shown: String {
        let host = address.map { $0.isV4 ? "\($0)" : "[\($0)]" } ?? "0.0.0.0"
        return "\(host):\(port)->\(containerPort)/\(transport.rawValue)"
    }
}
