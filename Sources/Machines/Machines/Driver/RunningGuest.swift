internal import Glibc
internal import Linux

/// A guest that was started: its channel, its instants, its process, its end.
///
/// Its owner must `release()` it; until then its process may run.
package final class RunningGuest: Sendable {
    package let domain: Domain
    /// How it is ended and let go: libvirt's way, or a process of our own.
    enum Keeper: Sendable {
        case libvirt(GuestDriver)
        case process(RunningProcess)
    }

    struct State {
        var timeline: GuestTimeline
        /// QEMU's, as this process numbers it.
        var pid: Int32?
        /// libvirt has spawned one: its reaping will be told.
        var hasProcess = false
        var end: GuestEnd?
        /// The driver or the kernel will say nothing more of it.
        var isGone = false
        var stoppedReason: String?
        var missedDeadline = false
        /// Why there will be no further word, where the driver died.
        var lost: String?
        /// QEMU, where it is a daemon's child, and the last that could be seen of what it used.
        var foreign: ForeignProcess?
        var usage: ProcessUsage?
    }

    let state: Waitable<State>
    let channel: GuestChannel
    private let keeper: Keeper

    init(_ domain: Domain, launch: UInt64, channel: GuestChannel, keeper: Keeper) {
        self.domain = domain
        self.channel = channel
        self.keeper = keeper
        state = Waitable(State(timeline: GuestTimeline(launch: launch)))
    }

    // MARK: - What it says

    /// The next line from the guest, or `nil` where none comes in time or at all.
    package func nextLine(timeout: Duration) -> ChannelLine? {
        channel.state.wait(timeout) { state -> ChannelLine?? in
            if state.taken < state.lines.count {
                state.taken += 1
                return .some(state.lines[state.taken - 1])
            }
            return state.closed != nil ? .some(nil) : nil
        } ?? nil
    }

    /// Every line so far.
    package var lines: [ChannelLine] { channel.state.update { $0.lines } }

    // MARK: - What happened to it

    /// The instant of the launch call, absolute ns.
    package var launch: UInt64 { state.update { $0.timeline.launch } }

    /// All instants seen so far.
    package var timeline: GuestTimeline {
        var timeline = state.update { $0.timeline }
        let said = channel.state.update { ($0.connected, $0.firstByte, $0.lines.last?.ended) }
        timeline.connected = said.0
        timeline.firstByte = said.1
        timeline.lastLine = said.2
        return timeline
    }

    package var phases: [GuestPhase] { timeline.phases }

    /// The processes that exist because of it, for the memory ledger: QEMU.
    package var processes: [Int32] { state.update { $0.isGone || $0.end != nil ? [] : $0.pid.map { [$0] } ?? [] } }

    /// The guest was not ready in time and was destroyed for it.
    package var missedDeadline: Bool { state.update { $0.missedDeadline } }

    /// Why nothing more will be heard of it, where the driver died.
    package var lost: String? { state.update { $0.lost } }

    /// Waits until the guest has shut down, its process is reaped, and its last byte is read; `nil` where it still runs after
    /// `timeout`, or where the driver died.
    package func waitForEnd(timeout: Duration) -> GuestEnd? {
        let end: GuestEnd?? = state.wait(timeout) { state -> GuestEnd?? in
            if let end = state.end { return .some(end) }
            return state.lost != nil || state.isGone ? .some(nil) : nil
        }
        guard end != nil else { return nil }
        // QEMU's end closes the channel, but its last bytes may still lie in the socket: another thread reads them.
        let isConnected = channel.state.update { $0.connected != nil }
        _ = channel.state.wait(isConnected ? .seconds(5) : .milliseconds(100)) { $0.closed }
        return end ?? nil
    }

    // MARK: - Its end

    /// Ends it at once; one that has ended already is no error.
    package func kill() throws(DriverError) {
        switch keeper {
        case .libvirt(let driver):
            do throws(DriverError) { try driver.destroy(domain.name) } catch {
                // 42: libvirt knows no such domain: it has just ended.
                guard error.code == 42 || lost != nil else { throw error }
            }
        case .process(let process):
            do throws(SystemError) { try process.kill() } catch {
                throw DriverError(operation: error.operation, object: error.object, message: error.description)
            }
        }
    }

    /// Ends it if it runs, waits until everything of it is gone, closes the channel. Once; gives the instant of the last thing
    /// that went.
    @discardableResult
    package func release(timeout: Duration = .seconds(10)) throws(DriverError) -> UInt64 {
        if !state.update({ $0.isGone || $0.lost != nil || $0.timeline.shutdown != nil }) { try kill() }
        let gone: Bool? = state.wait(timeout) { $0.isGone || $0.lost != nil ? true : nil }
        channel.close()
        if case .libvirt(let driver) = keeper { driver.forget(domain) }
        guard gone == true else {
            throw DriverError(
                operation: "release", object: domain.name, message: "the guest is still there after \(timeout)",
                advice: "isolab doctor --clean frees what is left")
        }
        return timeline.released ?? HostClock.now()
    }

    /// As `release`, for the last guest of a driver that is closed next: it waits for QEMU's end alone. libvirt looks every
    /// 200 ms whether QEMU has ended; nobody but its own memory needs to know.
    func leave(timeout: Duration = .seconds(10)) throws(DriverError) {
        guard case .libvirt(let driver) = keeper, !driver.isForeign else {
            try release(timeout: timeout)
            return
        }
        // One that was told to end itself does so in a few milliseconds.
        if waitForEnd(timeout: .seconds(1)) == nil, lost == nil {
            try kill()
            guard waitForEnd(timeout: timeout) != nil || lost != nil else {
                throw DriverError(
                    operation: "end", object: domain.name, message: "the guest is still there after \(timeout)",
                    advice: "isolab doctor --clean frees what is left")
            }
        }
        channel.close()
        driver.forget(domain)
    }

    // MARK: - Events

    /// An event of the driver.
    func took(_ event: GuestEvent) {
        // The guest is over and QEMU waits for libvirt's word to end: the last moment at which it is surely there.
        if event.kind == .shutdown { noteUsage() }
        state.update { state in
            switch event.kind {
            case .createCalled: state.timeline.createCalled = event.at
            case .spawned:
                state.timeline.spawned = event.at
                // The number is one of the cell's; the channel will tell ours.
                state.hasProcess = true
            // A guest that was paused and resumed by hand says so again: the first counts.
            case .resumed: if state.timeline.resumed == nil { state.timeline.resumed = event.at }
            case .shutdown: state.timeline.shutdown = event.at
            case .counted: state.timeline.exitsAtFirstByte = event.exits
            case .stopped:
                state.timeline.stopped = event.at
                state.stoppedReason = event.reason
            case .reaped:
                state.timeline.reaped = event.at
                state.end = GuestEnd(
                    status: event.status ?? 0, processorTime: event.processorTime ?? state.usage?.processorTime,
                    peakResident: event.peakResident ?? state.usage?.peakResident)
            case .deadline: state.missedDeadline = true
            case .connected, .created, .crashed: break
            }
            // A process that libvirt spawned has a reaping to wait for; a simulated guest has none.
            let hasProcess = state.hasProcess || state.foreign != nil
            if state.timeline.stopped != nil && (state.timeline.reaped != nil || !hasProcess) { state.isGone = true }
        }
    }

    /// QEMU opened the channel: who it is. Called on the channel's thread, before the guest can run.
    func met(_ pid: Int32) { state.update { if $0.pid == nil, pid > 0 { $0.pid = pid } } }

    /// The driver died: nothing more will come.
    func lose(_ reason: String) { state.update { $0.lost = reason } }
}

/// How a guest's QEMU ended.
package struct GuestEnd: Codable, Hashable, Sendable {
    /// Exit status, or 128 + signal; of a daemon's QEMU what libvirt's words stand for.
    package var status: Int32
    /// CPU time of QEMU and so of the guest, user and system, ns; of a daemon's QEMU as last seen, or unknown.
    package var processorTime: UInt64?
    /// Bytes; as `processorTime`.
    package var peakResident: UInt64?

    package init(status: Int32, processorTime: UInt64?, peakResident: UInt64?) {
        self.status = status
        self.processorTime = processorTime
        self.peakResident = peakResident
    }
}
