internal import Glibc
internal import Linux

/// A monitor of a QEMU that no libvirt drives, there to answer one question: how often its processors came back to the host.
final class ExitMonitor: Sendable {
    private let path: String
    private let listener: Int32

    /// Milliseconds for each of QEMU's words.
    private static let patience: Int32 = 5000
    /// No answer to this question is longer, in bytes.
    private static let longestWord = 1 << 20

    init(path: String) throws(SystemError) {
        self.path = path
        listener = try UnixListener.make(path)
    }

    deinit {
        Glibc.close(listener)
        unlink(path)
    }

    /// What QEMU is started with, to come here.
    var arguments: [String] {
        // Within an option's value a comma is doubled.
        let place = path.split(separator: ",", omittingEmptySubsequences: false).joined(separator: ",,")
        return ["-chardev", "socket,id=exits,path=\(place)", "-mon", "chardev=exits,mode=control"]
    }

    /// Asks it; nil where it is gone, or does not count.
    func count() -> UInt64? {
        guard Self.isReady(listener) else { return nil }
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return nil }
        defer { Glibc.close(connection) }
        // Its greeting comes first; nothing else is answered before its capabilities are agreed upon.
        for question in [nil, #"{"execute":"qmp_capabilities"}"#, ExitCount.question] as [String?] {
            if let question, !Self.send(question + "\n", to: connection) { return nil }
            guard let answer = Self.word(from: connection) else { return nil }
            if let count = ExitCount.count(answer: answer) { return count }
        }
        return nil
    }

    /// What it says that is not of itself: events come between.
    private static func word(from connection: Int32) -> String? {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while line.count < longestWord, isReady(connection), read(connection, &byte, 1) == 1 {
            guard byte == UInt8(ascii: "\n") else {
                line.append(byte)
                continue
            }
            let text = String(decoding: line, as: UTF8.self)
            if !text.contains(#""event":"#) { return text }
            line = []
        }
        return nil
    }

    private static func isReady(_ descriptor: Int32) -> Bool {
        var end = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        var count = poll(&end, 1, patience)
        while count < 0, errno == EINTR { count = poll(&end, 1, patience) }
        return count > 0
    }

    private static func send(_ text: String, to connection: Int32) -> Bool {
        let bytes = Array(text.utf8)
        return Glibc.send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }
}
