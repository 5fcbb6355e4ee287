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
    /// Where the channels lie.
    private let directory: String

    private static let counter = Atomic<Int>(0)

    /// Starts `isolab-vm`, having released what killed drivers left, and waits for its connection.
    ///
    /// - Parameters:
    ///   - program: `isolab-vm`; beside the running program where `nil`.
    ///   - connect: a libvirt URI; the embedded driver where `nil`.
    public init(
        program: String? = nil, stateDirectory: StateDirectory = StateDirectory(), connect: String? = nil
    ) throws(DriverError) {
        if let connect, connect.contains(":///embed") {
            // Its configuration, its owner's record and its removal would be nobody's.
            throw DriverError(
                operation: "connect", object: connect, message: "isolab makes the embedded driver's root itself",
                advice: "leave --connect out for the embedded driver, or name a libvirt that runs: qemu:///system")
        }
        Leftovers.release(in: stateDirectory)
        let number = Self.counter.add(1, ordering: .relaxed).newValue
        directory = stateDirectory.path("vm/c\(getpid()).\(number)")
        do throws(SystemError) {
            try OwnedDirectory.make(directory)
            connection = try DriverConnection(
                program: program ?? Self.besideThisProgram(),
                arguments: connect.map { ["--connect", $0] } ?? ["--state", stateDirectory.root],
                stateDirectory: stateDirectory, log: directory + "/isolab-vm.log")
        } catch {
            FileTree.remove(directory)
            throw DriverError(
                operation: error.operation, object: error.object, message: error.description,
                advice: error.errno == ENOENT ? "build isolab-vm: make build" : nil)
        }
        do throws(DriverError) {
            let answer = try connection.ask(DriverRequest(id: 0, command: .hello))
            version = answer.version ?? DriverVersion(libvirt: "", hypervisor: "", type: "", uri: "")
        } catch {
            connection.close()
            FileTree.remove(directory)
            throw error
        }
    }

    /// `isolab-vm` in the directory of the running program.
    public static func besideThisProgram() -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0 else { return "isolab-vm" }
        let path = String(decoding: buffer[0..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path[..<(path.lastIndex(of: "/") ?? path.startIndex)] + "/isolab-vm"
    }

    /// The process `isolab-vm` itself, a part of what every guest costs.
    public var pid: Int32 { connection.pid }

    /// Makes libvirt probe the emulator now: 0.7 s, once.
    public func warm() throws(DriverError) { _ = try connection.ask(DriverRequest(id: 0, command: .warm)) }

    /// A path for a guest's channel, below this driver's directory.
    public func channelSocket(for name: String) -> String { "\(directory)/\(name).sock" }

    /// Starts a guest through libvirt.
    ///
    /// It is destroyed when it has said nothing on its channel after `deadline`.
    public func start(_ domain: Domain, deadline: Duration) throws(DriverError) -> RunningGuest {
        let launch = HostClock.now()
        let connection = self.connection
        let channel = try openChannel(domain) { _ in
            _ = try? connection.send(DriverRequest(id: 0, command: .ready, name: domain.name))
        }
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
                    .reaped, name: name, at: now, pid: process.pid, status: end?.shellStatus, userTime: end?.userTime,
                    systemTime: end?.systemTime, peakResident: end?.maximumResidentSet))
            guest.state.update { $0.isGone = true }
        }
        return guest
    }

    /// QEMU's command line as libvirt makes it for a guest, without what only libvirt can use.
    public func arguments(for domain: Domain) throws(DriverError) -> [String] {
        let answer = try connection.ask(DriverRequest(id: 0, command: .arguments, xml: domain.xml))
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
    public func close() {
        connection.close()
        FileTree.remove(directory)
    }

    func forget(_ name: String) { connection.forget(name) }

    private func openChannel(
        _ domain: Domain, firstByte: @escaping @Sendable (UInt64) -> Void = { _ in }
    ) throws(DriverError) -> GuestChannel {
        do throws(SystemError) { return try GuestChannel(path: domain.channelSocket, firstByte: firstByte) } catch {
            throw DriverError(operation: error.operation, object: error.object, message: error.description)
        }
    }
}
