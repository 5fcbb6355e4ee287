// What a keeper and the commands say to each other over the container's socket.
//
// This folder is compiled twice: as a library for the engine and its tests, and, by a link, into isolab-keeper, which is Embedded Swift.
// It imports nothing and has no existential values.

/// One message: a head of eight bytes, as Docker's multiplexed streams have it (the kind, three zeros, the length of the content in network
/// byte order), and the content.
package struct KeeperFrame: Equatable, Sendable {
    package enum Kind: UInt8, Sendable {
        // From the keeper; the numbers of the streams are Docker's.
        case output = 1
        case error = 2
        /// To a request: an errno as four bytes, 0 where it was done.
        case answer = 0x20
        /// The container's first process has ended, and it is written down: the status as a shell has it, four bytes.
        case ended = 0x21

        // To the keeper.
        /// From here on the sender gets what the container says. The content: `AttachFlags`, one byte.
        case attach = 0x40
        case input = 0x41
        case endOfInput = 0x42
        /// Rows and columns of the sender's terminal, two bytes each.
        case resize = 0x43
        /// A signal for the first process: its number, and 1 where a container that ends of it is not to be restarted.
        case signal = 0x44
        /// The container is to end: a signal, and the milliseconds until SIGKILL, four bytes, with the highest bit for "never".
        case stop = 0x45
        /// The sender waits for the end.
        case watch = 0x46
    }

    package static let headLength = 8
    /// Bytes of content; a greater frame is a mistake of whoever sent it.
    package static let greatest = 65536

    package var kind: Kind
    package var content: [UInt8]

    package init(_ kind: Kind, _ content: [UInt8] = []) {
        self.kind = kind
        self.content = content
    }

    /// As it is sent.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.headLength + content.count)
        Self.appendHead(kind, content.count, to: &bytes)
        bytes.append(contentsOf: content)
        return bytes
    }

    package static func appendHead(_ kind: Kind, _ length: Int, to bytes: inout [UInt8]) {
        bytes.append(kind.rawValue)
        for _ in 0..<3 { bytes.append(0) }
        append(UInt32(truncatingIfNeeded: length), to: &bytes)
    }

    package static func append(_ number: UInt32, to bytes: inout [UInt8]) {
        for shift: UInt32 in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }

    /// The number in four bytes of network order; nil where there are not as many.
    package static func number(_ bytes: [UInt8], at place: Int = 0) -> UInt32? {
        guard place >= 0, bytes.count >= place + 4 else { return nil }
        var number: UInt32 = 0
        for index in place..<place + 4 { number = number << 8 | UInt32(bytes[index]) }
        return number
    }

    package static func content(of number: UInt32) -> [UInt8] {
        var bytes: [UInt8] = []
        append(number, to: &bytes)
        return bytes
    }
}

/// What an attached command wants.
package enum AttachFlags {
    package static let input: UInt8 = 1
    package static let output: UInt8 = 2
    package static let error: UInt8 = 4
}

/// Puts frames together from the pieces in which they come.
package struct KeeperFrameReader: Sendable {
    private var bytes: [UInt8] = []
    /// Whether the sender speaks another language: nothing after that can be understood.
    package private(set) var isBroken = false

    package init() {}

    package mutating func take(_ piece: UnsafeBufferPointer<UInt8>) {
        if !isBroken { bytes.append(contentsOf: piece) }
    }

    /// The next whole frame; nil until there is one.
    package mutating func next() -> KeeperFrame? {
        guard !isBroken, bytes.count >= KeeperFrame.headLength, let length = KeeperFrame.number(bytes, at: 4) else {
            return nil
        }
        guard let kind = KeeperFrame.Kind(rawValue: bytes[0]), length <= UInt32(KeeperFrame.greatest) else {
            isBroken = true
            bytes = []
            return nil
        }
        let end = KeeperFrame.headLength + Int(length)
        guard bytes.count >= end else { return nil }
        let frame = KeeperFrame(kind, Array(bytes[KeeperFrame.headLength..<end]))
        bytes.removeFirst(end)
        return frame
    }
}
