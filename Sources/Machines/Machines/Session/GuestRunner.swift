internal import Glibc
internal import Linux

/// Runs one command in a guest of its own: packs the root, boots, relays, and leaves nothing behind.
///
/// What `kill -9` of this process leaves is ended by `isolab-vm`, whose input then closes, and its record is removed by the
/// next start.
package struct GuestRunner: Sendable {
    package var cache: Cache
    package var stateDirectory: StateDirectory
    /// `isolab-vm`; beside the running program where nil.
    package var driverProgram: String?
    /// `isolab-init`; beside the running program where nil.
    package var initProgram: String?
    /// The user's `--kernel`.
    package var kernel: String?
    /// A libvirt URI; the embedded driver where nil.
    package var connect: String?
    /// The machine; the fastest that boots here where nil.
    package var recipe: GuestRecipe?
    package var packing = RootPacking.automatic
    /// How long a guest may take until it first speaks.
    package var bootDeadline: Duration = .seconds(120)

    /// The user who opens the tap devices of guests' networks: their driver, in its cell.
    package static var tapOwner: UInt32 { CellIdentity.own.driverOutside.user }

    package init(cache: Cache = Cache(), stateDirectory: StateDirectory = StateDirectory()) {
        self.cache = cache
        self.stateDirectory = stateDirectory
    }

    /// Runs the command to its end.
    ///
    /// - Parameter relaysSignals: signals to this process are the command's, as with a container in the foreground; to be
    ///   called before other threads are made. Without, they are left alone.
    /// - Parameter prepare: called once with a process in the guest's cell, before there is a guest: whoever put devices into the
    ///   command's networks makes them there.
    package func run(
        _ command: GuestCommand, root: GuestRoot, streams: GuestStreams = GuestStreams(), relaysSignals: Bool = true,
        prepare: (_ cell: Int32) throws(GuestError) -> Void = { _ in }
    ) throws(GuestError) -> GuestExit {
        let plan = try plan(command, root)
        var signals: Int32 = -1
        if relaysSignals {
            signals = SignalDescriptor.hold()
            guard signals >= 0 else { throw .system(SystemError("signalfd", "signals to pass on")) }
        }
        defer { if signals >= 0 { close(signals) } }
        let driver: GuestDriver
        do throws(DriverError) {
            driver = try GuestDriver(
                program: driverProgram, stateDirectory: stateDirectory, connect: connect,
                capabilities: cache.path("libvirt"), reads: plan.files, shares: plan.shares,
                opensTaps: !command.interfaces.isEmpty)
        } catch { throw .driver(error) }
        defer { driver.close() }
        try prepare(driver.pid)
        return try run(plan, driver, streams, signals)
    }

    private func run(
        _ plan: GuestPlan, _ driver: GuestDriver, _ streams: GuestStreams, _ signals: Int32
    ) throws(GuestError) -> GuestExit {
        let name = "isolab-\(getpid())"
        let port = driver.file(for: "port.sock")
        let session: GuestSession
        do throws(SystemError) {
            session = try GuestSession(at: port, plan.command, start: plan.start, streams: streams)
        } catch { throw .system(error) }
        defer { session.close() }
        do throws(SystemError) { try driver.give(port) } catch { throw .system(error) }
        let guest: RunningGuest
        do throws(DriverError) {
            guest = try driver.start(
                plan.domain(
                    name: name, channel: driver.channelSocket(for: name), port: port,
                    shares: driver.sharedDirectories), deadline: bootDeadline)
        } catch { throw .driver(error) }
        let terminal = plan.command.terminal == nil ? nil : HostTerminal(raw: streams.input)
        let courier = SignalCourier(session, guest, terminal: plan.command.terminal == nil ? nil : streams.input)
        session.pump(signals: signals) { courier.take($0) }
        // It may have another size by now than when the command was made.
        courier.take(SIGWINCH)
        let (exit, ended) = session.wait()
        terminal?.restore()
        do throws(DriverError) { try guest.leave() } catch { throw .driver(error) }
        if let exit { return exit }
        // As a container that did not end when it was asked to.
        if courier.hasKilled { return .signalled(SIGKILL) }
        throw .lost(Self.explain(ended ?? "", guest))
    }

    /// Why a guest went without a word on its command: what it said on its debug port, and who ended it.
    private static func explain(_ ended: String, _ guest: RunningGuest) -> String {
        if let lost = guest.lost { return "the guest's driver ended: \(lost)" }
        if guest.missedDeadline {
            return "the guest did not boot in time and was ended; give another kernel with --kernel"
        }
        let complaints = guest.lines.map(\.text).filter { $0.hasPrefix("error ") }.map { $0.dropFirst(6) }
        if complaints.contains(where: { $0.hasPrefix("virtio-port ") }) {
            return "the guest found no virtio port; its kernel needs virtio_console, built in or as a module beside it"
        }
        let words = complaints.isEmpty ? "" : ": " + complaints.joined(separator: ", ")
        return "\(ended) before it said how the command ended\(words); it may have had too little memory"
    }
}

/// Brings the caller's signals to the command.
final class SignalCourier: Sendable {
    private let session: GuestSession
    private let guest: RunningGuest
    private let terminal: Int32?
    /// How many that ask for an end have come, and whether the guest was ended for it.
    private let asked = Waitable((count: 0, hasKilled: false))

    /// How long the command may take to end once it was asked to.
    static let grace = Duration.seconds(10)

    init(_ session: GuestSession, _ guest: RunningGuest, terminal: Int32?) {
        self.session = session
        self.guest = guest
        self.terminal = terminal
    }

    /// The guest was ended because the command did not end when asked to.
    var hasKilled: Bool { asked.update { $0.hasKilled } }

    func take(_ signal: Int32) {
        switch signal {
        case SIGWINCH:
            if let terminal, let size = TerminalSize(of: terminal) { session.send(.resize(size)) }
        case SIGCHLD, SIGURG, SIGCONT: break
        // The command goes on; it is this program that the shell's user wants out of the way.
        case SIGTSTP: raise(SIGSTOP)
        case SIGTERM, SIGINT, SIGHUP, SIGQUIT: ask(signal)
        default: session.send(.signal(signal))
        }
    }

    /// The first asks the command; a second, or too long a silence, ends the guest.
    private func ask(_ signal: Int32) {
        let isFirst = asked.update {
            $0.count += 1
            return $0.count == 1
        }
        guard isFirst, session.send(.signal(signal)) else { return kill() }
        // A command may well live on after the others; SIGTERM comes from who wants it gone, and nobody could come back to one whose
        // terminal is gone.
        guard signal == SIGTERM || signal == SIGHUP && isTerminalGone else { return asked.update { $0.count = 0 } }
        BackgroundThread.start {
            let ended: Bool? = self.session.state.wait(Self.grace) { $0.exit != nil || $0.ended != nil ? true : nil }
            if ended == nil { self.kill() }
        }
    }

    private var isTerminalGone: Bool {
        guard let terminal else { return false }
        var end = pollfd(fd: terminal, events: 0, revents: 0)
        return poll(&end, 1, 0) == 1 && end.revents & Int16(POLLHUP) != 0
    }

    private func kill() {
        asked.update { $0.hasKilled = true }
        try? guest.kill()
    }
}
