internal import Glibc
internal import Linux
private import Synchronization

/// Drives guests through a child process `isolab-vm`, which alone links libvirt.
///
/// Requests block; events arrive on a thread and find their guest by name. Every guest's channel lies in a directory that
/// carries this process's record, so that whatever is left after a `kill -9` is found by the next driver that starts.
public final class GuestDriver: Sendable {
    /// What answered.
    public let version: DriverVersion
    private let connection: DriverConnection
    /// This driver's own, which carries its owner's record.
    private let directory: String
    /// Where a daemon's QEMU meets what isolab gives it; `nil` with the embedded driver, whose QEMU is this user's.
    private let meetingPlace: MeetingPlace?
    /// What virtiofs is given for each of the shares.
    let sharedDirectories: [String]

    private static let counter = Atomic<Int>(0)

    /// Starts `isolab-vm`, having released what killed drivers left, and waits for its connection.
    ///
    /// - Parameters:
    ///   - program: `isolab-vm`; beside the running program where `nil`.
    ///   - connect: a libvirt URI; the embedded driver where `nil`.
    ///   - capabilities: a directory in which the embedded driver's knowledge of the emulators outlives it; `nil` lets it
    ///     probe them anew, as one that measures wants it.
    public convenience init(
        program: String? = nil, stateDirectory: StateDirectory = StateDirectory(), connect: String? = nil,
        capabilities: String? = nil
    ) throws(DriverError) {
        try self.init(
            program: program, stateDirectory: stateDirectory, connect: connect, capabilities: capabilities, shares: [])
    }

    /// - Parameter shares: what its guests see of the host.
    init(
        program: String?, stateDirectory: StateDirectory, connect: String?, capabilities: String?, shares: [HostShare]
    ) throws(DriverError) {
        if let connect { try LibvirtAddress(text: connect).check() }
        let program = program ?? Self.besideThisProgram()
        Leftovers.release(in: stateDirectory, program: program)
        let number = Self.counter.add(1, ordering: .relaxed).newValue
        directory = stateDirectory.path("vm/c\(getpid()).\(number)")
        do throws(SystemError) {
            try OwnedDirectory.make(directory)
            if let connect { try ForeignLeftovers.note(connect, in: directory) }
            meetingPlace = connect == nil ? nil : try MeetingPlace(in: directory)
            let directory = directory
            sharedDirectories = shares.enumerated().map { $1.directory($0, below: directory) }
            let start = { () throws(SystemError) in
                try DriverConnection(
                    program: program,
                    arguments: connect.map { ["--connect", $0] } ?? ["--state", stateDirectory.root]
                        + (capabilities.map { [$0] } ?? []),
                    stateDirectory: stateDirectory, log: directory + "/isolab-vm.log")
            }
            if shares.contains(where: \.isMounted) {
                let thread = try PrivateMountThread(hiding: [])
                defer { thread.end() }
                connection = try thread.run { () throws(SystemError) in
                    for (index, share) in shares.enumerated() { try share.mount(index, below: directory) }
                    return try start()
                }
            } else {
                connection = try start()
            }
        } catch {
            Self.removeDirectory(directory)
            throw DriverError(
                operation: error.operation, object: error.object, message: error.description,
                advice: error.errno == ENOENT ? "build isolab-vm: make build" : nil)
        }
        do throws(DriverError) {
            let answer = try connection.ask(DriverRequest(id: 0, command: .hello))
            version = answer.version ?? DriverVersion(libvirt: "", hypervisor: "", type: "", uri: "")
        } catch {
            connection.close()
            Self.removeDirectory(directory)
            throw error
        }
    }

    /// `isolab-vm` in the directory of the running program.
    public static func besideThisProgram() -> String { StandardDirectories.programs + "/isolab-vm" }

    /// The process `isolab-vm` itself, a part of what every guest costs.
    public var pid: Int32 { connection.pid }

    /// Makes libvirt probe the emulator now: 0.7 s, once.
    public func warm() throws(DriverError) { _ = try connection.ask(DriverRequest(id: 0, command: .warm)) }

    /// Guests are the children of a libvirt daemon, not of `isolab-vm`: they live in that daemon's cgroups.
    public var isForeign: Bool { meetingPlace != nil }

    /// A path for a guest's channel, where its QEMU reaches it.
    public func channelSocket(for name: String) -> String { "\(meetingPlace?.path ?? directory)/\(name).sock" }

    /// A path for a file of one guest, where its QEMU reaches it. Whoever writes it removes it.
    public func file(for name: String) -> String { "\(meetingPlace?.path ?? directory)/\(name)" }

    /// Starts a guest through libvirt.
    ///
    /// It is destroyed when it has said nothing on its channel after `deadline`.
    public func start(_ domain: Domain, deadline: Duration) throws(DriverError) -> RunningGuest {
        // A copy of the kernel is made once, before any clock runs.
        let domain = try staged(domain)
        let launch = HostClock.now()
        let connection = self.connection
        let isForeign = self.isForeign
        let channel = try openChannel(
            domain,
            opened: { pid in
                if isForeign { connection.guest(domain.name)?.meet(pid) }
            },
            firstByte: { _ in _ = try? connection.send(DriverRequest(id: 0, command: .ready, name: domain.name)) })
        let guest = RunningGuest(domain, launch: launch, channel: channel, keeper: .libvirt(self))
        connection.enter(guest)
        do throws(DriverError) {
            let (seconds, attoseconds) = deadline.components
            _ = try connection.ask(
                DriverRequest(
                    id: 0, command: .start, name: domain.name, xml: domain.xml,
                    deadlineMilliseconds: Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)))
        } catch {
            connection.forget(domain.name)
            channel.close()
            throw error
        }
        return guest
    }

    /// Starts the same QEMU, with the command line libvirt would give it, without libvirt: what libvirt costs is the
    /// difference. The guest is ended by `kill` or `release`; no deadline is kept for it.
    ///
    /// - Parameter arguments: of `arguments(for:)`, to be asked before the clock runs.
    public func startWithoutLibvirt(
        _ domain: Domain, arguments: [String]
    ) throws(DriverError) -> RunningGuest {
        guard let program = arguments.first else {
            throw DriverError(operation: "spawn", object: domain.name, message: "an empty command line")
        }
        let launch = HostClock.now()
        let channel = try openChannel(domain)
        let process: RunningProcess
        do throws(SystemError) {
            process = try ProcessPlan(program, Array(arguments.dropFirst()), newSession: true).spawn()
        } catch {
            channel.close()
            throw DriverError(operation: error.operation, object: error.object, message: error.description)
        }
        let spawned = HostClock.now()
        let guest = RunningGuest(domain, launch: launch, channel: channel, keeper: .process(process))
        let name = domain.name
        guest.took(GuestEvent(.spawned, name: name, at: spawned, pid: process.pid))
        BackgroundThread.start {
            let end = try? process.wait()
            let now = HostClock.now()
            guest.took(GuestEvent(.shutdown, name: name, at: now))
            guest.took(
                GuestEvent(
                    .reaped, name: name, at: now, pid: process.pid, status: end?.shellStatus,
                    processorTime: end.map { $0.userTime + $0.systemTime }, peakResident: end?.maximumResidentSet))
            guest.state.update { $0.isGone = true }
        }
        return guest
    }

    /// QEMU's command line as libvirt makes it for a guest, without what only libvirt can use.
    public func arguments(for domain: Domain) throws(DriverError) -> [String] {
        let answer = try connection.ask(DriverRequest(id: 0, command: .arguments, xml: try staged(domain).xml))
        return EmulatorArguments.withoutLibvirt(answer.arguments ?? [])
    }

    /// Sends a description of the caller's own making, for guests that are no `Domain`. It has no channel.
    public func start(xml: String, name: String) throws(DriverError) {
        _ = try connection.ask(DriverRequest(id: 0, command: .start, name: name, xml: xml))
    }

    /// Ends a guest at once.
    public func destroy(_ name: String) throws(DriverError) {
        _ = try connection.ask(DriverRequest(id: 0, command: .destroy, name: name))
    }

    /// Every guest of the connection, ours or not.
    public func list() throws(DriverError) -> [String] {
        try connection.ask(DriverRequest(id: 0, command: .list)).names ?? []
    }

    /// Forgets a persistent definition.
    public func undefine(_ name: String) throws(DriverError) {
        _ = try connection.ask(DriverRequest(id: 0, command: .undefine, name: name))
    }

    /// Ends every guest started through libvirt, `isolab-vm` itself, and removes the channels.
    ///
    /// A daemon that died leaves its QEMU running: it is killed where that is allowed, and else stays on record.
    public func close() {
        connection.close()
        if let meetingPlace {
            for pid in Leftovers.processes(using: meetingPlace.path) { Leftovers.end(pid) }
            guard Leftovers.processes(using: meetingPlace.path).isEmpty else { return }
        }
        Self.removeDirectory(directory)
    }

    func forget(_ name: String) { connection.forget(name) }

    private static func removeDirectory(_ directory: String) {
        let place = MeetingPlace.path(recordedIn: directory)
        if place != directory { MeetingPlace.remove(place) }
        try? TreeRemoval.remove(directory)
    }

    private func staged(_ domain: Domain) throws(DriverError) -> Domain {
        guard let meetingPlace else { return domain }
        do throws(SystemError) { return try meetingPlace.staged(domain) } catch {
            throw DriverError(operation: error.operation, object: error.object, message: error.description)
        }
    }

    private func openChannel(
        _ domain: Domain, opened: @escaping @Sendable (Int32) -> Void = { _ in },
        firstByte: @escaping @Sendable (UInt64) -> Void = { _ in }
    ) throws(DriverError) -> GuestChannel {
        do throws(SystemError) {
            return try GuestChannel(path: domain.channelSocket, opened: opened, firstByte: firstByte)
        } catch {
            throw DriverError(operation: error.operation, object: error.object, message: error.description)
        }
    }
}
