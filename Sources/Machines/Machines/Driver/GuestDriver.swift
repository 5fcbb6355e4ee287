internal import Glibc
internal import Linux
private import Synchronization

/// Drives guests through a child process `isolab-vm`, which alone links libvirt.
///
/// Requests block; events arrive on a thread and find their guest by name. Every guest's channel lies in a directory that
/// carries this process's record, so that whatever is left after a `kill -9` is found by the next driver that starts.
package final class GuestDriver: Sendable {
    /// What answered.
    package let version: DriverVersion
    private let connection: DriverConnection
    /// This driver's own, which carries its owner's record.
    private let directory: String
    /// Where a daemon's QEMU meets what isolab gives it; `nil` with the embedded driver.
    private let meetingPlace: DaemonDirectory?
    /// Where the embedded driver and its guests live, and libvirt's root in it; `nil` with a daemon.
    private let cell: GuestCell?
    private let embedded: EmbeddedRoot?
    private let staging: StagedFiles
    private let capabilities: String?
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
    ///   - reads: files and directories, there already, in which guests' kernels and disks are: shown to the embedded driver
    ///     and its QEMU as they are. What is elsewhere is copied for them.
    package convenience init(
        program: String? = nil, stateDirectory: StateDirectory = StateDirectory(), connect: String? = nil,
        capabilities: String? = nil, reads: [String] = []
    ) throws(DriverError) {
        try self.init(
            program: program, stateDirectory: stateDirectory, connect: connect, capabilities: capabilities,
            reads: reads, shares: [])
    }

    /// - Parameters:
    ///   - shares: what its guests see of the host.
    ///   - opensTaps: its guests have network devices.
    init(
        program: String?, stateDirectory: StateDirectory, connect: String?, capabilities: String?, reads: [String],
        shares: [HostShare], opensTaps: Bool = false
    ) throws(DriverError) {
        if let connect { try LibvirtAddress(text: connect).check() }
        let program = program ?? Self.besideThisProgram()
        GuestLeftovers.release(in: stateDirectory, program: program)
        let number = Self.counter.add(1, ordering: .relaxed).newValue
        directory = stateDirectory.path("vm/c\(getpid()).\(number)")
        self.capabilities = capabilities
        staging = StagedFiles(in: directory)
        do throws(SystemError) {
            try OwnedDirectory.make(directory)
            if let connect { try ForeignLeftovers.note(connect, in: directory) }
            meetingPlace = connect == nil ? nil : try DaemonDirectory(in: directory)
            let (directory, log) = (self.directory, directory + "/isolab-vm.log")
            if let connect {
                (cell, embedded) = (nil, nil)
                sharedDirectories = shares.map(\.share.source)
                connection = try DriverConnection(
                    program: program, connect: connect, stateDirectory: stateDirectory, log: log)
            } else {
                sharedDirectories = shares.indices.map { shares[$0].directory($0, below: directory) }
                let cell = try GuestCell(
                    directory: directory, reads: reads, shares: shares, opensTaps: opensTaps)
                self.cell = cell
                do throws(SystemError) {
                    let root = try EmbeddedRoot.make(in: directory, for: cell.identity, capabilities: capabilities)
                    embedded = root
                    let driver = CellPlan.Program(
                        path: program, arguments: ["--embedded", root.path],
                        environment: GuestCell.environment(home: root.path), isEmulator: false)
                    connection = try DriverConnection(stateDirectory: stateDirectory, log: log) {
                        streams throws(SystemError) in try cell.start(driver, streams: streams)
                    }
                } catch {
                    cell.remove()
                    throw error
                }
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
            cell?.remove()
            Self.removeDirectory(directory)
            throw error
        }
    }

    /// `isolab-vm` in the directory of the running program.
    package static func besideThisProgram() -> String { StandardDirectories.programs + "/isolab-vm" }

    /// The process `isolab-vm` itself, a part of what every guest costs.
    package var pid: Int32 { connection.pid }

    /// What shuts its guests' QEMU in, in words; `nil` where a daemon decides.
    package var confinement: String? { cell?.confinement }

    /// Makes libvirt probe the emulator now: 0.7 s, once.
    package func warm() throws(DriverError) { _ = try connection.ask(DriverRequest(id: 0, command: .warm)) }

    /// Guests are the children of a libvirt daemon, not of `isolab-vm`: they live in that daemon's cgroups.
    package var isForeign: Bool { meetingPlace != nil }

    /// A path for a guest's channel, where its QEMU reaches it.
    package func channelSocket(for name: String) -> String { "\(meetingPlace?.path ?? directory)/\(name).sock" }

    /// A path for a file of one guest, where its QEMU reaches it. Whoever writes it removes it.
    package func file(for name: String) -> String { "\(meetingPlace?.path ?? directory)/\(name)" }

    /// Starts a guest through libvirt.
    ///
    /// It is destroyed when it has said nothing on its channel after `deadline`.
    ///
    /// - Parameter countsExits: whether KVM's count of its exits is read as it first speaks, where it runs under KVM: its processors
    ///   are stopped for a moment then.
    package func start(
        _ domain: Domain, deadline: Duration, countsExits: Bool = false
    ) throws(DriverError) -> RunningGuest {
        // A copy of the kernel is made once, before any clock runs.
        let domain = try staged(domain)
        let launch = HostClock.now()
        let connection = self.connection
        let isForeign = self.isForeign
        let channel = try openChannel(
            domain,
            opened: { pid in
                let guest = connection.guest(domain.name)
                if isForeign { guest?.meet(pid) } else { guest?.met(pid) }
            },
            firstByte: { _ in
                _ = try? connection.send(
                    DriverRequest(
                        id: 0, command: .ready, name: domain.name,
                        countsExits: countsExits && domain.accelerator == .kvm ? true : nil))
            })
        let guest = RunningGuest(domain, launch: launch, channel: channel, keeper: .libvirt(self))
        connection.enter(guest)
        do throws(DriverError) {
            try makeRoom(for: domain)
            let (seconds, attoseconds) = deadline.components
            _ = try connection.ask(
                DriverRequest(
                    id: 0, command: .start, name: domain.name, xml: domain.xml,
                    deadlineMilliseconds: Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)))
        } catch {
            forget(domain)
            channel.close()
            throw error
        }
        return guest
    }

    /// Lets the cell's cgroup have what the guest needs.
    private func makeRoom(for domain: Domain) throws(DriverError) {
        do throws(SystemError) { try cell?.cgroup?.add(domain.needs) } catch {
            throw DriverError(operation: error.operation, object: error.object, message: error.description)
        }
    }

    /// Starts the same QEMU, with the command line libvirt would give it, without libvirt: what libvirt costs is the
    /// difference. The guest is ended by `kill` or `release`; no deadline is kept for it.
    ///
    /// - Parameters:
    ///   - arguments: of `arguments(for:)`, to be asked before the clock runs.
    ///   - countsExits: as for `start`; QEMU then has a monitor.
    package func startWithoutLibvirt(
        _ domain: Domain, arguments: [String], countsExits: Bool = false
    ) throws(DriverError) -> RunningGuest {
        guard let program = arguments.first else {
            throw DriverError(operation: "spawn", object: domain.name, message: "an empty command line")
        }
        let monitor = countsExits && domain.accelerator == .kvm ? try exitMonitor(for: domain) : nil
        let launch = HostClock.now()
        let channel = try openChannel(domain)
        let process: RunningProcess
        do throws(SystemError) {
            let words = Array(arguments.dropFirst()) + (monitor?.arguments ?? [])
            if let cell, let embedded {
                // Shut in as libvirt's: in a cell of its own, made within the time that is measured. Its complaints go where
                // libvirt's go: the caller's streams are none of a guest's.
                try cell.cgroup?.add(domain.needs)
                let null = try OwnedDescriptor(opening: "/dev/null", O_RDONLY)
                // The cell's own users may write to the directory: nothing that one of them put there is followed.
                let log = try OwnedDescriptor(
                    opening: directory + "/isolab-vm.log", O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW)
                process = try cell.start(
                    CellPlan.Program(
                        path: program, arguments: words, environment: GuestCell.environment(home: embedded.path),
                        isEmulator: true),
                    streams: StandardStreams(input: null.number, output: log.number, error: log.number))
            } else {
                process = try ProcessPlan(program, words, group: .ownSession).spawn()
            }
        } catch {
            channel.close()
            throw DriverError(operation: error.operation, object: error.object, message: error.description)
        }
        let spawned = HostClock.now()
        let guest = RunningGuest(domain, launch: launch, channel: channel, keeper: .process(process))
        let name = domain.name
        let cell = self.cell
        guest.met(process.pid)
        guest.took(GuestEvent(.spawned, name: name, at: spawned, pid: process.pid))
        if let monitor {
            BackgroundThread.start {
                let speaks: Bool? = channel.state.wait(nil) {
                    $0.firstByte != nil ? true : $0.closed != nil ? false : nil
                }
                guard speaks == true, let exits = monitor.count() else { return }
                guest.took(GuestEvent(.counted, name: name, at: HostClock.now(), exits: exits))
            }
        }
        BackgroundThread.start {
            let end = try? process.wait()
            let now = HostClock.now()
            guest.took(GuestEvent(.shutdown, name: name, at: now))
            guest.took(
                GuestEvent(
                    .reaped, name: name, at: now, pid: process.pid, status: end?.shellStatus,
                    processorTime: end.map { $0.userTime + $0.systemTime }, peakResident: end?.maximumResidentSet))
            cell?.cgroup?.subtract(domain.needs)
            guest.state.update { $0.isGone = true }
        }
        return guest
    }

    private func exitMonitor(for domain: Domain) throws(DriverError) -> ExitMonitor {
        let path = file(for: "\(domain.name).exits")
        do throws(SystemError) {
            let monitor = try ExitMonitor(path: path)
            try give(path)
            return monitor
        } catch {
            throw DriverError(operation: error.operation, object: error.object, message: error.description)
        }
    }

    /// QEMU's command line as libvirt makes it for a guest, without what only libvirt can use.
    package func arguments(for domain: Domain) throws(DriverError) -> [String] {
        let answer = try connection.ask(DriverRequest(id: 0, command: .arguments, xml: try staged(domain).xml))
        return EmulatorArguments.withoutLibvirt(answer.arguments ?? [])
    }

    /// Sends a description of the caller's own making, for guests that are no `Domain`. It has no channel.
    package func start(xml: String, name: String) throws(DriverError) {
        _ = try connection.ask(DriverRequest(id: 0, command: .start, name: name, xml: xml))
    }

    /// Ends a guest at once.
    package func destroy(_ name: String) throws(DriverError) {
        _ = try connection.ask(DriverRequest(id: 0, command: .destroy, name: name))
    }

    /// Every guest of the connection, ours or not.
    package func list() throws(DriverError) -> [String] {
        try connection.ask(DriverRequest(id: 0, command: .list)).names ?? []
    }

    /// Forgets a persistent definition.
    package func undefine(_ name: String) throws(DriverError) {
        _ = try connection.ask(DriverRequest(id: 0, command: .undefine, name: name))
    }

    /// Ends every guest started through libvirt, `isolab-vm` itself, and removes the channels.
    ///
    /// A daemon that died leaves its QEMU running: it is killed where that is allowed, and else stays on record.
    package func close() {
        connection.close()
        cell?.remove()
        if let capabilities { embedded?.keepCapabilities(in: capabilities) }
        if let meetingPlace {
            for pid in GuestLeftovers.processes(using: meetingPlace.path) { GuestLeftovers.end(pid) }
            guard GuestLeftovers.processes(using: meetingPlace.path).isEmpty else { return }
        }
        Self.removeDirectory(directory)
    }

    func forget(_ domain: Domain) {
        connection.forget(domain.name)
        cell?.cgroup?.subtract(domain.needs)
    }

    /// Makes a socket or a file of `file(for:)` QEMU's.
    func give(_ path: String) throws(SystemError) { try cell?.identity.give(path) }

    private static func removeDirectory(_ directory: String) {
        let place = DaemonDirectory.path(recordedIn: directory)
        if place != directory { DaemonDirectory.remove(place) }
        try? TreeRemoval.remove(directory)
    }

    private func staged(_ domain: Domain) throws(DriverError) -> Domain {
        do throws(SystemError) {
            if let meetingPlace { return try meetingPlace.staged(domain) }
            guard let cell else { return domain }
            if let log = domain.consoleLog {
                _ = try OwnedDescriptor(opening: log, O_WRONLY | O_CREAT | O_NOFOLLOW, mode: 0o600)
                try cell.identity.give(log)
            }
            let staging = self.staging
            return try domain.mapFiles { file throws(SystemError) in
                // What is not there libvirt says in its own words.
                if cell.canRead(file) || access(file, F_OK) != 0 { return file }
                // libvirt gives what QEMU reads to QEMU's user where it can: never a file of the caller's by another name.
                let mayLink = cell.identity.mayRead(file) && (cell.identity.isHostRoots || !cell.identity.isApart)
                return try staging.copy(of: file, mode: 0o600, mayLink: mayLink) { copy throws(SystemError) in
                    try cell.identity.admit(copy)
                }
            }
        } catch {
            throw DriverError(operation: error.operation, object: error.object, message: error.description)
        }
    }

    private func openChannel(
        _ domain: Domain, opened: @escaping @Sendable (Int32) -> Void = { _ in },
        firstByte: @escaping @Sendable (UInt64) -> Void = { _ in }
    ) throws(DriverError) -> GuestChannel {
        do throws(SystemError) {
            let channel = try GuestChannel(path: domain.channelSocket, opened: opened, firstByte: firstByte)
            do throws(SystemError) { try give(domain.channelSocket) } catch {
                channel.close()
                throw error
            }
            return channel
        } catch {
            throw DriverError(operation: error.operation, object: error.object, message: error.description)
        }
    }
}
