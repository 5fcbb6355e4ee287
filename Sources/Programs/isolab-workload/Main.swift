import CWorkload

/// The hidden command of the clone+exec+wait batch: ends at once.
let childWord: StaticString = "__child"

/// Called by `_start`: reads the command line, says hello before anything else, proves its work, does its command.
@_cdecl("isolab_workload_main")
public func workloadMain(_ count: Int32, _ words: UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Int32 {
    if count == 2, let word = words[1], equal(word, childWord) { return 0 }
    // Errors in the command line must reach the host too, so the port is opened before it is read.
    let isGuest = asksForGuest(words, Int(count))
    if isGuest { Guest.openPort() }
    var channel = Channel(isGuest: isGuest)
    let arguments: Arguments
    do {
        arguments = try Arguments(Words(words, count: Int(count)))
    } catch {
        complain(error, &channel)
        if isGuest { end(&channel, status: 2) }
        return 2
    }
    var delayed: UInt64?
    if let delay = arguments.injection.delay { delayed = Injection.delayHello(microseconds: delay) }
    channel.hello(arguments)
    if isGuest { Guest.reportCrashes() }
    observeIsolation(&channel, lies: arguments.injection.lies)
    if isGuest { KernelLog.say(&channel) }
    prove(arguments, &channel)
    arguments.injection.perform(&channel)
    if let delayed { channel.value("injected.delay", "ns", delayed) }
    let status = perform(arguments.command, Executable(words, count: Int(count)), &channel)
    end(&channel, status: status)
    return status
}

private func asksForGuest(_ words: UnsafePointer<UnsafeMutablePointer<CChar>?>, _ count: Int) -> Bool {
    var words = Words(words, count: count)
    while let word = words.next() {
        if equal(word, "--guest") { return true }
    }
    return false
}

/// The work owed for the nonce: the same steps as the host's `ProofOfWork`.
private func prove(_ arguments: borrowing Arguments, _ channel: inout Channel) {
    let nonce = arguments.nonce
    var state = UInt32(truncatingIfNeeded: nonce ^ (nonce >> 32)) | 1
    var remaining = arguments.work
    while remaining > 0 {
        state ^= state << 13
        state ^= state >> 17
        state ^= state << 5
        remaining -= 1
    }
    channel.proof(iterations: arguments.work, state: state)
    channel.flush()
}

private func perform(_ command: Command, _ executable: Executable, _ channel: inout Channel) -> Int32 {
    switch command {
    case .exit(let status):
        return status
    case .ready:
        return waitUntilTold(&channel)
    case .memory(let mebibytes):
        guard touch(mebibytes: mebibytes, &channel) else { return 1 }
        return waitUntilTold(&channel)
    case .spin(let millions):
        spin(millions: millions, &channel)
        return 0
    case .sleep(let milliseconds):
        return sleep(milliseconds: milliseconds, &channel)
    case .syscalls(let batches, let scale):
        var suite = Suite(batches: batches, scale: scale, executable: executable)
        return suite.run(&channel)
    case .crash:
        isolab_crash()
    }
}

/// The last line, and the end: of the process, or of the guest.
private func end(_ channel: inout Channel, status: Int32) {
    channel.done(status)
    if channel.isGuest { Guest.end() }
}

/// Says what was wrong with the command line: on standard error, or, in a guest, on the channel.
private func complain(_ error: UsageError, _ channel: inout Channel) {
    channel.text(channel.isGuest ? "error arguments 22 " : "isolab-workload: ")
    channel.text(error.words)
    if let word = error.word {
        channel.text(", not \"")
        channel.text(outside: word)
        channel.text("\"")
    }
    channel.text("\n")
    channel.flush(toDescriptor: 2)
}
