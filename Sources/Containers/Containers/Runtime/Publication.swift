import Glibc
import Linux

/// How a launcher and a successor (`ChildStep.succeed`), which share no memory, wait for each other: the successor says by a
/// byte that it is there, and goes on by one that says it has been written down.
final class Publication {
    private(set) var childEnd: Int32
    private let ownEnd: Int32
    /// What the successor's failure is written to, where it is not the FIFO of a start that is still to come.
    private let pipe: Pipe?
    private let fifo: Int32

    /// - Parameter report: that FIFO, borrowed; nil for a program that runs at once.
    init(report fifo: Int32?) throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw SystemError("socketpair", "a launch")
        }
        (ownEnd, childEnd) = (ends[0], ends[1])
        pipe = fifo == nil ? try Pipe() : nil
        self.fifo = fifo ?? -1
    }

    /// Where the successor reports, or −1: to the FIFO.
    var reportEnd: Int32 { pipe?.writeEnd ?? -1 }

    deinit {
        close(ownEnd)
        closeChildEnd()
    }

    private func closeChildEnd() {
        if childEnd >= 0 { close(childEnd) }
        childEnd = -1
    }

    /// Waits for the successor's word; its failure, where it ended before.
    func awaitSuccessor(_ process: RunningProcess, _ id: String, _ watch: JoinWatch) throws(SystemError) {
        closeChildEnd()
        pipe?.closeWriteEnd()
        var byte: UInt8 = 0
        if case .said = try watch.word(on: ownEnd, of: process, id) {
            let count = try retryingOnInterrupt("read", "the socket of a launch") { read(ownEnd, &byte, 1) }
            if count == 1 { return }
        }
        // Of a FIFO that is open for writing here too, only what is there already.
        throw JoinWatch.report(pipe?.readEnd ?? fifo, id) ?? SystemError("launch", id, errno: ECHILD)
    }

    /// Lets it go on, and waits until its program runs where nobody else will.
    func letGo(_ process: RunningProcess, _ id: String, _ watch: JoinWatch) throws(SystemError) {
        try SystemFile.write([1], to: ownEnd, "the socket of a launch")
        if let pipe, let failure = watch.failure(pipe.readEnd, of: process, id) { throw failure }
    }
}
