import CWorkload
import Freestanding

// MARK: - Calls between two processes, and calls that make one

extension Suite {
    /// One byte there and back, by each means; and what the switch alone costs.
    func timeRoundTrips(_ channel: inout Channel) {
        timeFutex(&channel)
        timeSwitch(&channel)
        timePipe(&channel)
        timeSocket(&channel)
    }

    /// A copy of this process that ends at once; and one that becomes this program again first.
    func timeProcesses(_ channel: inout Channel) {
        time("clone_wait", iterations: 4, &channel) {
            let child = fork()
            if child == 0 { isolab_exit(0) }
            return child < 0 ? child : wait(for: child)
        }
        guard let path = ownFile else {
            return channel.error("clone_exec_wait", errno: ErrorNumber.noEntry, "cannot find its own file")
        }
        var words = (Int(bitPattern: path), childWord.address, 0)
        withUnsafeMutablePointer(to: &words) { words in
            time("clone_exec_wait", iterations: 2, &channel) {
                let child = fork()
                if child == 0 {
                    // The environment is the empty list that ends the words.
                    _ = systemCall(
                        SystemCall.execve, Int(bitPattern: path), Int(bitPattern: words), Int(bitPattern: words) + 16)
                    isolab_exit(127)
                }
                if child < 0 { return child }
                let status = wait(for: child)
                return status == 0 ? 0 : -ErrorNumber.invalid
            }
        }
    }

    private func timePipe(_ channel: inout Channel) {
        var there: (Int32, Int32) = (0, 0)
        var back: (Int32, Int32) = (0, 0)
        let made = makePair(&there, SystemCall.pipe)
        let madeToo = made < 0 ? made : makePair(&back, SystemCall.pipe)
        if madeToo < 0 { return channel.error("pipe", errno: -madeToo, "pipe2 failed") }
        let partner = startPartner()
        if partner == 0 {
            closeDescriptors(there.1, back.0)
            echo(from: Int(there.0), to: Int(back.1))
        }
        closeDescriptors(there.0, back.1)
        bounce("pipe", from: Int(back.0), to: Int(there.1), partner, &channel)
        closeDescriptors(there.1, back.0)
        if partner > 0 { _ = wait(for: partner) }
    }

    private func timeSocket(_ channel: inout Channel) {
        var pair: (Int32, Int32) = (0, 0)
        let made = withUnsafeMutablePointer(to: &pair) {
            systemCall(SystemCall.socketpair, 1, 1, 0, Int(bitPattern: $0))  // AF_UNIX, SOCK_STREAM
        }
        if made < 0 { return channel.error("socketpair", errno: -made, "socketpair failed") }
        let partner = startPartner()
        if partner == 0 {
            closeDescriptors(pair.0)
            echo(from: Int(pair.1), to: Int(pair.1))
        }
        closeDescriptors(pair.1)
        bounce("socketpair", from: Int(pair.0), to: Int(pair.0), partner, &channel)
        closeDescriptors(pair.0)
        if partner > 0 { _ = wait(for: partner) }
    }

    private func bounce(
        _ name: StaticString, from: Int, to: Int, _ partner: Int, _ channel: inout Channel
    ) {
        if partner < 0 { return channel.error(name, errno: -partner, "clone failed") }
        let byte = Int(bitPattern: isolab_scratch())
        time(name, iterations: 10, &channel) {
            let sent = systemCall(SystemCall.write, to, byte, 1)
            if sent < 0 { return sent }
            let received = systemCall(SystemCall.read, from, byte, 1)
            return received == 0 ? -ErrorNumber.brokenPipe : received
        }
    }

    private func makePair(_ pair: inout (Int32, Int32), _ number: Int) -> Int {
        withUnsafeMutablePointer(to: &pair) { systemCall(number, Int(bitPattern: $0), 0) }
    }
}

// MARK: - Futex

/// Whose turn it is, in a word that both processes see (futex(2)).
private enum Turn {
    static let mine: UInt32 = 0
    static let partners: UInt32 = 1
    static let over: UInt32 = 2
}

extension Suite {
    private func timeFutex(_ channel: inout Channel) {
        let address = anonymousMapping(4096, shared: true)
        guard address > 0, let word = UnsafeMutablePointer<UInt32>(bitPattern: address) else {
            return channel.error("futex", errno: -address, "no shared memory")
        }
        isolab_store(word, Turn.mine)
        let partner = startPartner()
        if partner == 0 { answerTurns(word) }
        if partner < 0 { return channel.error("futex", errno: -partner, "clone failed") }
        time("futex", iterations: 10, &channel) {
            isolab_store(word, Turn.partners)
            wake(word)
            while isolab_load(word) == Turn.partners {
                if sleep(word, Turn.partners) == -ErrorNumber.noTime { return -ErrorNumber.noTime }
            }
            return 0
        }
        isolab_store(word, Turn.over)
        wake(word)
        _ = systemCall(SystemCall.kill, partner, 9)
        _ = wait(for: partner)
        _ = systemCall(SystemCall.munmap, address, 4096)
    }

    private func answerTurns(_ word: UnsafeMutablePointer<UInt32>) -> Never {
        while true {
            while isolab_load(word) == Turn.mine { _ = sleep(word, Turn.mine) }
            if isolab_load(word) == Turn.over { isolab_exit(0) }
            isolab_store(word, Turn.mine)
            wake(word)
        }
    }
}

@inline(__always)
private func wake(_ word: UnsafeMutablePointer<UInt32>) {
    _ = systemCall(SystemCall.futex, Int(bitPattern: word), 1, 1)
}

/// Sleeps while the word is so, at most a second: a partner that died must not hold the workload.
@inline(__always)
private func sleep(_ word: UnsafeMutablePointer<UInt32>, _ value: UInt32) -> Int {
    var second = isolab_timespec(seconds: 1, nanoseconds: 0)
    return withUnsafeMutablePointer(to: &second) {
        systemCall(SystemCall.futex, Int(bitPattern: word), 0, Int(value), Int(bitPattern: $0))
    }
}

// MARK: - Context switch

extension Suite {
    /// Two processes on one CPU that yield to each other; a batch's iterations are the switches that the kernel counted
    /// (getrusage(2)), not those that were hoped for.
    private func timeSwitch(_ channel: inout Channel) {
        if !isPinned {
            return channel.error("context_switch", errno: ErrorNumber.notSupported, "needs one CPU for both")
        }
        let partner = startPartner()
        if partner == 0 {
            while true { _ = systemCall(SystemCall.yield) }
        }
        if partner < 0 { return channel.error("context_switch", errno: -partner, "clone failed") }
        letPartnerIn()
        series("context_switch", &channel, switchContexts, iterations: 50)
        _ = systemCall(SystemCall.kill, partner, 9)
        _ = wait(for: partner)
    }

    /// Yields until it is answered: a scheduler may place a new process behind its parent by milliseconds of run time (CFS
    /// does), and until then a yield comes straight back.
    private func letPartnerIn() {
        let before = countedSwitches()
        let limit = monotonicNanoseconds() + 200_000_000
        while countedSwitches() < before + 4, monotonicNanoseconds() < limit { _ = systemCall(SystemCall.yield) }
    }

    private func switchContexts(_ yields: Int) -> Batch {
        let before = countedSwitches()
        let batch = timed(yields) { systemCall(SystemCall.yield) }
        // Away and back: two switches each time this process was counted as leaving.
        let switches = 2 * (countedSwitches() - before)
        if batch.failure == 0, switches <= 0 {
            return Batch(iterations: 0, ticks: 0, failure: ErrorNumber.notSupported)
        }
        return Batch(iterations: switches, ticks: batch.ticks, failure: batch.failure)
    }

    private func countedSwitches() -> Int {
        var usage = isolab_rusage()
        return withUnsafeMutablePointer(to: &usage) {
            _ = systemCall(SystemCall.getrusage, 0, Int(bitPattern: $0))
            return Int(isolab_rusage_switches($0))
        }
    }
}

// MARK: - Partners

/// A copy of this process that dies with it: 0 in the copy.
private func startPartner() -> Int {
    let child = fork()
    if child == 0 { _ = systemCall(SystemCall.prctl, 1, 9) }  // PR_SET_PDEATHSIG, SIGKILL
    return child
}

/// Sends every byte back until the other side closes.
private func echo(from: Int, to: Int) -> Never {
    let byte = Int(bitPattern: isolab_scratch())
    while systemCall(SystemCall.read, from, byte, 1) == 1 {
        if systemCall(SystemCall.write, to, byte, 1) != 1 { break }
    }
    isolab_exit(0)
}

private func closeDescriptors(_ one: Int32, _ other: Int32? = nil) {
    _ = systemCall(SystemCall.close, Int(one))
    if let other { _ = systemCall(SystemCall.close, Int(other)) }
}
