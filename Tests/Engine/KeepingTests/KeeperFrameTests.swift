import Testing

@testable import Keeping

/// What keeper and commands say to each other.
struct KeeperFrameTests {
    private func read(_ pieces: [[UInt8]]) -> (frames: [KeeperFrame], isBroken: Bool) {
        var reader = KeeperFrameReader()
        var frames: [KeeperFrame] = []
        for piece in pieces {
            piece.withUnsafeBufferPointer { reader.take($0) }
            while let frame = reader.next() { frames.append(frame) }
        }
        return (frames, reader.isBroken)
    }

    /// However they are cut on their way.
    @Test func arriveInPieces() {
        let sent = [
            KeeperFrame(.attach, [7]), KeeperFrame(.output, Array("said".utf8)), KeeperFrame(.endOfInput),
            KeeperFrame(.ended, KeeperFrame.content(of: 137)),
        ]
        let bytes = sent.flatMap(\.bytes)
        #expect(read([bytes]).frames == sent)
        #expect(read(bytes.map { [$0] }).frames == sent)
        #expect(read([Array(bytes.dropLast())]).frames == Array(sent.dropLast()))
    }

    /// Docker's head: a client of its API could read the streams as they are.
    @Test func haveDockersHead() {
        #expect(KeeperFrame(.error, [1, 2, 3]).bytes == [2, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3])
    }

    @Test(
        arguments: [
            [0x99, 0, 0, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF], [1, 0, 0, 0, 0, 1, 0, 1],
        ] as [[UInt8]])
    func refuseWhatIsNone(bytes: [UInt8]) {
        let result = read([bytes, KeeperFrame(.watch).bytes])
        #expect(result.isBroken && result.frames.isEmpty)
    }

    @Test func numbers() {
        #expect(KeeperFrame.number(KeeperFrame.content(of: 0x0102_0304)) == 0x0102_0304)
        #expect(KeeperFrame.number([1, 2, 3]) == nil)
        #expect(KeeperFrame.number([1, 2, 3, 4], at: 1) == nil)
    }
}

/// What a keeper is told by its arguments.
struct KeeperOrderTests {
    private func read(_ words: [[UInt8]]) -> KeeperOrder? {
        var order = KeeperOrder()
        for word in words { guard word.withUnsafeBufferPointer({ order.take($0) }) else { return nil } }
        return order
    }

    @Test func isReadAsItIsWritten() throws {
        var order = KeeperOrder()
        for (index, key) in KeeperOrder.Key.allCases.enumerated() { order[key] = Int64(index * 1_000_003) - 7 }
        order.clients = [(12, 7), (13, 0)]
        let again = try #require(read(order.words))
        #expect(again == order)
        #expect(try #require(read([])) == KeeperOrder())
        #expect(KeeperOrder().words.isEmpty)
    }

    @Test(arguments: [
        "pid", "pid=", "pid=x", "pid=1234567890123456789", "nope=1", "client=7", "client=7:9", "=", "pid=-", "",
    ])
    func refusesWhatIsNone(word: String) { #expect(read([Array(word.utf8)]) == nil) }
}
