import Glibc

/// rtnetlink(7), as much of it as moving a network device takes. In the network namespace of the thread that opens it.
package struct RouteSocket: ~Copyable {
    /// Numbers of <linux/rtnetlink.h>, <linux/netlink.h> and <linux/if_link.h>.
    private enum Number {
        static let newLink: UInt16 = 16
        static let newAddress: UInt16 = 20
        static let getAddress: UInt16 = 22
        static let error: UInt16 = 2
        static let done: UInt16 = 3
        /// A request whose answer is an acknowledgement.
        static let acknowledged: UInt16 = 0x5
        static let dump: UInt16 = 0x301
        static let creating: UInt16 = 0x605
        static let interfaceName: UInt16 = 3
        static let namespaceOfProcess: UInt16 = 19
        static let globalScope: UInt8 = 0
    }

    private let socket: OwnedDescriptor
    private var sequence: UInt32 = 0

    package init() throws(SystemError) {
        let number = Glibc.socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | 0x80000, 0)
        guard number >= 0 else { throw SystemError("socket", "netlink route") }
        socket = OwnedDescriptor(owning: number)
    }

    /// An address of a device, as the kernel writes it down: `struct ifaddrmsg` and its attributes.
    package struct Address: Equatable, Sendable {
        package var family: UInt8
        package var prefixLength: UInt8
        package var flags: UInt8
        package var scope: UInt8
        package var attributes: [UInt8]
    }

    // MARK: - Requests

    /// Moves a device into the namespace of a process under a new name.
    package mutating func move(_ index: UInt32, toNamespaceOf pid: Int32, name: String, _ object: String)
        throws(SystemError)
    {
        var attributes = Self.attribute(Number.namespaceOfProcess, Self.bytes(UInt32(bitPattern: pid)))
        attributes += Self.attribute(Number.interfaceName, Array(name.utf8) + [0])
        _ = try request(
            Number.newLink, Number.acknowledged, Self.link(index) + attributes, "move network device", object)
    }

    package mutating func bringUp(_ index: UInt32, _ object: String) throws(SystemError) {
        _ = try request(
            Number.newLink, Number.acknowledged, Self.link(index, flags: 1, change: 1), "enable network device",
            object)
    }

    /// The addresses of a device with global scope: what moving it loses.
    package mutating func globalAddresses(of index: UInt32, _ object: String) throws(SystemError) -> [Address] {
        let message = Self.bytes(UInt64(0))
        let answers = try request(Number.getAddress, Number.dump, message, "list addresses", object)
        return answers.compactMap { answer in
            guard answer.type == Number.newAddress, answer.payload.count >= 8 else { return nil }
            let payload = answer.payload
            let owner = payload.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self) }
            guard owner == index, payload[3] == Number.globalScope else { return nil }
            return Address(
                family: payload[0], prefixLength: payload[1], flags: payload[2], scope: payload[3],
                attributes: Self.kept(Array(payload[8...])))
        }
    }

    package mutating func add(_ address: Address, to index: UInt32, _ object: String) throws(SystemError) {
        let header = [address.family, address.prefixLength, address.flags, address.scope] + Self.bytes(index)
        _ = try request(
            Number.newAddress, Number.creating, header + address.attributes, "add address", object)
    }

    // MARK: - Messages

    private struct Answer {
        var type: UInt16
        var payload: [UInt8]
    }

    /// Sends one message; answers what comes back until the kernel acknowledges it or ends its list.
    private mutating func request(
        _ type: UInt16, _ flags: UInt16, _ payload: [UInt8], _ operation: String, _ object: String
    ) throws(SystemError) -> [Answer] {
        sequence += 1
        var message = Self.bytes(UInt32(16 + payload.count)) + Self.bytes(type) + Self.bytes(flags)
        message += Self.bytes(sequence) + Self.bytes(UInt32(0)) + payload
        let descriptor = socket.number
        try retryingOnInterrupt(operation, object) { send(descriptor, message, message.count, 0) }
        var answers: [Answer] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = try retryingOnInterrupt(operation, object) { recv(descriptor, &buffer, buffer.count, 0) }
            var place = 0
            while place + 16 <= count {
                let (length, kind) = buffer.withUnsafeBytes {
                    (
                        Int($0.loadUnaligned(fromByteOffset: place, as: UInt32.self)),
                        $0.loadUnaligned(fromByteOffset: place + 4, as: UInt16.self)
                    )
                }
                guard length >= 16, place + length <= count else { break }
                let body = Array(buffer[(place + 16)..<(place + length)])
                if kind == Number.error, body.count >= 4 {
                    let number = body.withUnsafeBytes { $0.loadUnaligned(as: Int32.self) }
                    if number != 0 { throw SystemError(operation, object, errno: -number) }
                    return answers
                }
                if kind == Number.done { return answers }
                answers.append(Answer(type: kind, payload: body))
                place += (length + 3) & ~3
            }
        }
    }

    /// `struct ifinfomsg`.
    private static func link(_ index: UInt32, flags: UInt32 = 0, change: UInt32 = 0) -> [UInt8] {
        bytes(UInt32(0)) + bytes(index) + bytes(flags) + bytes(change)
    }

    private static func attribute(_ type: UInt16, _ content: [UInt8]) -> [UInt8] {
        let padding = [UInt8](repeating: 0, count: (4 - content.count & 3) & 3)
        return bytes(UInt16(4 + content.count)) + bytes(type) + content + padding
    }

    /// Addresses, broadcast and flags; the cache information and the label are the kernel's own.
    private static func kept(_ attributes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var place = 0
        while place + 4 <= attributes.count {
            let length = Int(attributes[place]) | Int(attributes[place + 1]) << 8
            let type = UInt16(attributes[place + 2]) | UInt16(attributes[place + 3]) << 8
            guard length >= 4, place + length <= attributes.count else { break }
            let end = min(place + (length + 3) & ~3, attributes.count)
            if [1, 2, 4].contains(type) { result += attributes[place..<end] }
            place = end
        }
        return result
    }

    private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value) { Array($0) }
    }
}
