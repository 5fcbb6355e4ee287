import OCI
import Testing

@testable import RegistryClient

/// What people see of a transfer: never wider than the terminal, whatever comes.
@Suite struct TransferBoardTests {
    private func blob(_ size: Int64, _ name: String) -> Descriptor {
        Descriptor(mediaType: .layer, digest: Digest(of: Array(name.utf8)), size: size)
    }

    @Test func linesFit() {
        var board = TransferBoard()
        let blobs = (0..<40).map { blob(Int64($0) * 10_000_000, "layer \($0)") }
        for (index, blob) in blobs.enumerated() {
            board.take(TransferProgress(blob, .waiting), now: 0)
            board.take(TransferProgress(blob, .moving(blob.size / 3)), now: 1)
            if index % 4 == 0 {
                let reason = "https://registry.example/\(String(repeating: "long ", count: 50)): \u{1B}[2J"
                board.take(TransferProgress(blob, .retrying(reason: reason, pause: 12.3)), now: 2)
            }
        }
        for columns in [1, 20, 40, 60, 80, 120, 300] {
            for height in [1, 2, 10, 100] {
                let lines = board.lines(columns: columns, height: height, now: 3)
                #expect(lines.count <= height)
                #expect(lines.allSatisfy { $0.count < columns || columns == 1 && $0.isEmpty })
                #expect(!lines.joined().contains("\u{1B}"))
            }
        }
    }

    /// Manifests may say any size, of several layers: their sums stay within the range of numbers.
    @Test func sizesAtTheEndOfTheirRange() {
        var board = TransferBoard()
        let tally = TransferTally { _ in }
        let blobs = [Int64.max, .max, .max - 1, 5, -7, .min].enumerated().map { blob($1, "layer \($0)") }
        for blob in blobs {
            for state in [.waiting, .moving(.max), .moving(.min), .moving(0), .finished] as [TransferProgress.State] {
                board.take(TransferProgress(blob, state), now: 1)
                tally.receive(TransferProgress(blob, state))
                #expect(board.lines(columns: 80, now: 2).allSatisfy { $0.count < 80 })
                _ = TransferBoard.note(TransferProgress(blob, state))
            }
        }
        #expect(tally.total.contents == 6 && tally.total.size == .max)
        for pause in [Double.infinity, -.infinity, .nan, 1e300] {
            board.take(TransferProgress(blobs[0], .retrying(reason: "", pause: pause)), now: pause)
            #expect(!board.lines(columns: 80, now: pause).isEmpty)
        }
    }

    @Test func bars() {
        var board = TransferBoard()
        let layer = blob(50_000_000, "layer")
        board.take(TransferProgress(layer, .moving(0)), now: 10)
        board.take(TransferProgress(layer, .moving(25_000_000)), now: 12)
        let lines = board.lines(columns: 80, now: 12)
        #expect(lines.count == 2)
        #expect(lines[0].hasPrefix(layer.digest.short) && lines[0].contains("25.0 MB of 50.0 MB, 12.5 MB/s"))
        #expect(lines[0].count { $0 == "━" } == lines[0].count { $0 == "─" } || lines[0].contains("━─"))
        board.take(TransferProgress(layer, .finished), now: 14)
        #expect(board.isFinished)
        #expect(board.lines(now: 14).count == 1)
        #expect(board.lines(now: 14)[0].contains("1 of 1") && board.lines(now: 14)[0].contains("50.0 MB of 50.0 MB"))
    }

    @Test func notes() {
        let layer = blob(1234, "layer")
        #expect(TransferBoard.note(TransferProgress(layer, .moving(5))) == nil)
        #expect(TransferBoard.note(TransferProgress(layer, .finished)) == "\(layer.digest.short): done, 1.2 kB")
        #expect(
            TransferBoard.note(TransferProgress(layer, .mounted(from: "a/b")))
                == "\(layer.digest.short): mounted from a/b")
    }

    @Test(
        arguments: [
            (-1, "-1 B"), (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_949, "999.9 kB"), (999_960, "1.0 MB"),
            (45_600_000, "45.6 MB"), (Int64.max, "9223372.0 TB"),
        ] as [(Int64, String)])
    func sizes(bytes: Int64, words: String) {
        #expect(TransferBoard.size(bytes) == words)
    }
}
