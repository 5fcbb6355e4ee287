import Testing

@testable import Keeping

/// The lines of a container's log.
struct LogLineTests {
    private func line(_ text: [UInt8], isError: Bool = false, seconds: Int64 = 0) -> String {
        var line: [UInt8] = []
        LogLine.append(text[...], isError: isError, at: LogInstant(seconds: seconds, nanoseconds: 5), to: &line)
        return String(decoding: line, as: UTF8.self)
    }

    @Test func isWhatDockerWrites() {
        #expect(
            line(Array("said\n".utf8))
                == #"{"log":"said\n","stream":"stdout","time":"1970-01-01T00:00:00.000000005Z"}"# + "\n")
        #expect(line([], isError: true).contains(#""stream":"stderr""#))
    }

    /// Whatever is said, the line is one line of JSON.
    @Test(
        arguments: [
            ([0x22, 0x5C], #"\"\\"#), ([0x09, 0x0D, 0x0A], #"\t\r\n"#), ([0x00, 0x1F, 0x7F], #"\u0000\u001f\u007f"#),
            ([0xC3, 0xA9], "é"), ([0xC3], #"\ufffd"#), ([0xC3, 0x28], #"\ufffd("#), ([0xE2, 0x82, 0xAC], "€"),
            ([0xE2, 0x82], #"\ufffd\ufffd"#), ([0xED, 0xA0, 0x80], #"\ufffd\ufffd\ufffd"#),
            ([0xF0, 0x9F, 0x98, 0x80], "😀"),
            ([0xF4, 0x90, 0x80, 0x80], #"\ufffd\ufffd\ufffd\ufffd"#), ([0xC0, 0x80], #"\ufffd\ufffd"#),
            ([0xFF], #"\ufffd"#),
        ] as [([UInt8], String)])
    func escapes(bytes: [UInt8], expected: String) {
        #expect(line(bytes).hasPrefix("{\"log\":\"\(expected)\",\"stream\""), "\(line(bytes))")
    }

    /// Against the C library's calendar.
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00"), (951_782_399, "2000-02-28T23:59:59"), (951_782_400, "2000-02-29T00:00:00"),
            (951_868_800, "2000-03-01T00:00:00"), (1_709_210_096, "2024-02-29T12:34:56"),
            (4_107_542_400, "2100-03-01T00:00:00"),
            (1_798_761_599, "2026-12-31T23:59:59"), (-1, "1969-12-31T23:59:59"),
        ] as [(Int64, String)])
    func tellsTheTime(seconds: Int64, expected: String) {
        #expect(
            line([], seconds: seconds).contains("\"time\":\"\(expected).000000005Z\""), "\(line([], seconds: seconds))")
    }
}

/// Lines are cut where they end, or are too long.
struct LineSplitterTests {
    private func lines(_ pieces: [[UInt8]], finished: Bool = true) -> [[UInt8]] {
        var splitter = LineSplitter()
        var lines: [[UInt8]] = []
        for piece in pieces { piece.withUnsafeBufferPointer { splitter.take($0) { lines.append(Array($0)) } } }
        if finished { splitter.finish { lines.append(Array($0)) } }
        return lines
    }

    @Test func cuts() {
        #expect(
            lines([Array("a\nb".utf8), Array("c\n\nd".utf8)]).map { String(decoding: $0, as: UTF8.self) } == [
                "a\n", "bc\n", "\n", "d",
            ])
        #expect(lines([Array("a\nb".utf8)], finished: false).count == 1)
        #expect(lines([]).isEmpty)
    }

    @Test func cutsWhatIsTooLong() {
        let long = [UInt8](repeating: 0x78, count: LineSplitter.greatest * 2 + 3)
        #expect(lines([long]).map(\.count) == [LineSplitter.greatest, LineSplitter.greatest, 3])
        // Nothing is added, nothing is lost.
        #expect(lines([long]).flatMap { $0 } == long)
    }
}

/// A log does not grow for ever.
struct LogRotationTests {
    @Test func isFull() {
        let rotation = LogRotation(greatest: 100, files: 3)
        #expect(!rotation.isFull(size: 0, line: 1000))
        #expect(!rotation.isFull(size: 60, line: 40))
        #expect(rotation.isFull(size: 60, line: 41))
        #expect(rotation.isFull(size: .max, line: 1))
        #expect(!LogRotation(greatest: 0, files: 1).isFull(size: .max - 1, line: 1))
    }

    @Test func movesOldFilesUp() {
        #expect(LogRotation(greatest: 1, files: 3).renames.map { "\($0.from)>\($0.to)" } == ["1>2", "0>1"])
        #expect(LogRotation(greatest: 1, files: 1).renames.isEmpty)
        #expect(LogRotation(greatest: 1, files: -4).renames.isEmpty)
    }
}
