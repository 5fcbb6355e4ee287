import Foundation
import Linux
import Testing
import WorkloadProtocol

@testable import Machines

/// What these tests need of the host, asked once.
private enum Host {
    static let hasEmulator = access("/usr/bin/qemu-system-x86_64", X_OK) == 0
    static let accelerator = AcceleratorReport.probe()
    static let productDirectory: String = {
        // The test bundle is loaded by the toolchain's own runner: its own path is in the maps of this process.
        let maps = (try? SystemFile.read("/proc/self/maps")) ?? ""
        let line = maps.split(separator: "\n").first { $0.hasSuffix(".xctest") }
        let path = line?.split(separator: " ").last.map(String.init) ?? GuestDriver.besideThisProgram()
        return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }()
    static let program = productDirectory + "/isolab-vm"
    static let workload = productDirectory + "/isolab-workload"
    static let kernel = try? GuestKernel.find()
    static let canRun = hasEmulator && access(program, X_OK) == 0
    static let canBootLinux = canRun && kernel != nil && access(workload, X_OK) == 0
}

/// A driver in a state directory of its own, both gone with the test.
private final class Bench {
    let state: StateDirectory
    let driver: GuestDriver
    private static let counter = Waitable(0)

    init(connect: String? = nil) throws {
        let number = Self.counter.update {
            $0 += 1
            return $0
        }
        state = StateDirectory(root: "/tmp/ilt-\(getpid())-\(number)")
        do {
            driver = try GuestDriver(program: Host.program, stateDirectory: state, connect: connect)
        } catch {
            // A class whose init throws is never deinitialised.
            try? TreeRemoval.remove(state.root)
            throw error
        }
    }

    deinit {
        driver.close()
        try? TreeRemoval.remove(state.root)
    }

    func micro(
        _ name: String, _ accelerator: Accelerator, machine: MachineKind = .microvm, iterations: UInt32 = 1000
    ) throws -> (domain: Domain, nonce: UInt64) {
        let nonce = UInt64.random(in: 1 ... .max)
        let image = state.path("\(name).elf")
        try MicroGuest(nonce: nonce, iterations: iterations).write(to: image)
        return (
            Domain(
                name: name, machine: machine, accelerator: accelerator, memoryMiB: 16, firmware: Firmware.qboot,
                kernel: image, channelSocket: driver.channelSocket(for: name)), nonce
        )
    }

    func linux(_ name: String, _ recipe: GuestRecipe, arguments: [String]) throws -> Domain {
        let tree = state.path("root")
        try SystemFile.makeDirectories(tree)
        try WholeFile.replace(tree + "/isolab-workload", with: try SystemFile.bytes(of: Host.workload), mode: 0o755)
        let initramfs = try Initramfs.make(layers: [tree], cache: Cache(root: state.path("cache")))
        return recipe.domain(
            name: name, kernel: try #require(Host.kernel), initramfs: initramfs.path, arguments: arguments,
            channelSocket: driver.channelSocket(for: name), tscKilohertz: Host.accelerator.tscKilohertz)
    }
}

@Suite(.enabled(if: Host.canRun, "needs QEMU and a built isolab-vm")) struct MicroGuestRunTests {
    /// The micro-guest says hello, proves its work and ends, through libvirt and the accelerator the probe chose.
    @Test(arguments: [Host.accelerator.forMicroGuest, .tcg], [MachineKind.microvm, .pc])
    func runs(accelerator: Accelerator, machine: MachineKind) throws {
        let bench = try Bench()
        let (domain, nonce) = try bench.micro("micro", accelerator, machine: machine)
        let guest = try bench.driver.start(domain, deadline: .seconds(60))
        let end = try #require(guest.waitForEnd(timeout: .seconds(60)))
        #expect(end.status == 0)
        #expect(
            guest.lines.map { WorkloadMessage(line: $0.text) } == [
                .hello(version: 1, nonce: nonce, command: MicroGuest.command),
                .proof(iterations: 1000, state: ProofOfWork.answer(nonce: nonce, iterations: 1000)),
                .done(status: 0),
            ])
        try guest.release()
        // The instants came, and in the order of a life.
        let timeline = guest.timeline
        let instants = [
            timeline.launch, timeline.createCalled, timeline.spawned, timeline.connected, timeline.firstByte,
            timeline.lastLine,
        ]
        #expect(!instants.contains(nil))
        #expect(instants.compactMap { $0 } == instants.compactMap { $0 }.sorted())
        // Of its life of some milliseconds: on a busy host the reader of its lines may come to them after its end.
        #expect(try #require(timeline.reaped) > (try #require(timeline.connected)))
        #expect(timeline.resumed != nil && timeline.shutdown != nil && timeline.stopped != nil)
        #expect(try #require(end.processorTime) > 0)
        // Nobody asked for them.
        #expect(guest.phases.allSatisfy { $0.exits == nil })
    }

    /// What libvirt prints of a guest ("tainted: high-privileges") goes into the driver's log, never to the caller's
    /// standard error; QEMU's goes there neither.
    @Test func quiet() throws {
        let bench = try Bench()
        let (domain, _) = try bench.micro("quiet", .tcg, iterations: 1_000_000_000)
        let guest = try bench.driver.start(domain, deadline: .seconds(60))
        let process = try #require(guest.timeline.spawned.map { _ in guest.processes.first } ?? nil)
        let own = Self.standardError(of: getpid())
        let log = Self.standardError(of: bench.driver.pid)
        #expect(log.hasSuffix("/isolab-vm.log") && log != own)
        #expect(Self.standardError(of: process) != own)
        // Run as root a guest is tainted, and libvirt says so: it was written, and here is where.
        if geteuid() == 0 { #expect(try SystemFile.read(log).contains("quiet")) }
        try guest.release()
    }

    private static func standardError(of pid: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/\(pid)/fd/2", &buffer, buffer.count)
        return String(decoding: buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// `isolab launch` of a guest prints its waterfall on standard output and nothing on standard error.
    @Test(.enabled(if: access(Host.productDirectory + "/isolab", X_OK) == 0, "needs a built isolab"))
    func quietCommand() throws {
        let result = try HostProgram.run(Host.productDirectory + "/isolab", ["launch", "vm-micro"])
        #expect(result.status == 0)
        #expect(String(decoding: result.errors, as: UTF8.self) == "")
        #expect(!result.output.isEmpty)
    }

    /// An ordinary user needs no root for a guest: `isolab launch` through libvirt's unprivileged driver, and nothing of it left.
    @Test(
        .enabled(
            if: geteuid() == 0 && access("/usr/bin/setpriv", X_OK) == 0, "[user] needs root, to become an ordinary user"
        ),
        .enabled(if: access(Host.productDirectory + "/isolab", X_OK) == 0, "needs a built isolab"))
    func ordinaryUser() throws {
        let home = "/tmp/ilt-\(getpid())-user"
        defer { try? TreeRemoval.remove(home) }
        for directory in [home, home + "/run", home + "/bin"] {
            try SystemFile.makeDirectories(directory)
            chown(directory, 65534, 65534)
        }
        // Where the build lies, other users may not go.
        for name in ["isolab", "isolab-vm", "isolab-workload"] {
            let copy = try HostProgram.run("cp", ["\(Host.productDirectory)/\(name)", home + "/bin/"])
            #expect(copy.status == 0)
        }
        func launch(_ options: [String]) throws -> HostProgram.Output {
            try HostProgram.run(
                "setpriv",
                ["--reuid", "65534", "--regid", "65534", "--clear-groups", home + "/bin/isolab", "launch"] + options,
                directory: home,
                environment: [
                    "PATH=/usr/bin:/bin", "HOME=\(home)", "XDG_RUNTIME_DIR=\(home)/run",
                    "XDG_CACHE_HOME=\(home)/cache",
                ])
        }
        let result = try launch(["vm-micro"])
        #expect(result.status == 0)
        #expect(String(decoding: result.errors, as: UTF8.self) == "")
        // He has namespaces, too, and his QEMU is in them.
        let plan = String(decoding: try launch(["--plan", "vm-micro"]).output, as: UTF8.self)
        #expect(plan.contains("user 65534 without capabilities; user, pid, mount, network, ipc, uts"), "\(plan)")
        #expect(try SystemFile.names(in: home + "/run") == ["isolab"])
        #expect(((try? SystemFile.names(in: home + "/run/isolab/vm")) ?? []).isEmpty)
    }

    /// The command line libvirt makes runs without libvirt, to the same end.
    @Test func withoutLibvirt() throws {
        let bench = try Bench()
        let (domain, nonce) = try bench.micro("direct", Host.accelerator.forMicroGuest)
        let arguments = try bench.driver.arguments(for: domain)
        #expect(!arguments.contains("-S") && !arguments.contains("-mon"))
        let guest = try bench.driver.startWithoutLibvirt(domain, arguments: arguments)
        #expect(try #require(guest.waitForEnd(timeout: .seconds(60))).status == 0)
        #expect(guest.lines.first?.text == "hello 1 \(String(format: "%016lx", nonce)) micro")
        try guest.release()
        #expect(guest.timeline.createCalled == nil)
    }
}

@Suite(.enabled(if: Host.canBootLinux, "needs QEMU, a guest kernel and a built isolab-workload"))
struct LinuxGuestTests {
    /// A stock kernel with the workload as init: hello, proof, done, power off. Time passes there: a timer rings that ends a sleep, on
    /// each machine.
    @Test(arguments: [
        GuestRecipe.fastest(Host.accelerator.forLinux), .q35(Host.accelerator.forLinux),
        .plain(Host.accelerator.forLinux),
    ])
    func boots(recipe: GuestRecipe) throws {
        let bench = try Bench()
        let nonce: UInt64 = 0x0011_2233_4455_6677
        let domain = try bench.linux(
            "linux", recipe,
            arguments: ["--nonce", String(format: "%016lx", nonce), "--work", "1000", "--guest", "sleep", "200"])
        let guest = try bench.driver.start(domain, deadline: .seconds(120))
        let end = guest.waitForEnd(timeout: .seconds(120))
        let messages = guest.lines.map { WorkloadMessage(line: $0.text) }
        #expect(end != nil, "\(messages)")
        #expect(messages.first == .hello(version: 1, nonce: nonce, command: "sleep"))
        #expect(
            messages.contains(
                .proof(iterations: 1000, state: ProofOfWork.answer(nonce: nonce, iterations: 1000))))
        let slept = messages.compactMap { message -> Double? in
            guard case .value(metric: "sleep.slept", unit: "ns", let value) = message else { return nil }
            return value
        }
        #expect(slept.count == 1 && slept.allSatisfy { $0 >= 200_000_000 }, "\(slept)")
        #expect(messages.last == .done(status: 0))
        try guest.release()
        #expect(!guest.missedDeadline)
        #expect(guest.phases.map(\.name).contains("firmware and kernel"))
    }

    /// A kernel that never reaches the workload is destroyed at its deadline, and said so.
    @Test func deadline() throws {
        let bench = try Bench()
        var domain = try bench.linux("late", .fastest(Host.accelerator.forLinux), arguments: ["--guest", "ready"])
        domain.commandLine = "quiet acpi=off rdinit=/nothing/there panic=0"
        let guest = try bench.driver.start(domain, deadline: .seconds(3))
        _ = try #require(guest.waitForEnd(timeout: .seconds(60)))
        #expect(guest.missedDeadline)
        #expect(guest.timeline.firstByte == nil)
        try guest.release()
        #expect(guest.timeline.stopped != nil)
        #expect(try bench.driver.list().isEmpty)
    }
}

@Suite(.enabled(if: Host.canRun, "needs QEMU and a built isolab-vm")) struct GuestFailureTests {
    /// What is no kernel at all: QEMU or libvirt refuses, or nothing is ever said; never a success.
    @Test func noKernel() throws {
        let bench = try Bench()
        var (domain, _) = try bench.micro("broken", .tcg)
        domain.kernel = bench.state.path("missing.elf")
        let error = #expect(throws: DriverError.self) { try bench.driver.start(domain, deadline: .seconds(20)) }
        #expect(error?.code != 0)
        #expect(try bench.driver.list().isEmpty)
    }

    /// libvirt's refusal carries its code, its part of libvirt, and advice.
    @Test func badXML() throws {
        let bench = try Bench()
        let error = #expect(throws: DriverError.self) { try bench.driver.start(xml: "<domain", name: "bad") }
        #expect(error?.code == 35 && error?.domain == 20)
        #expect(error?.operation == "virDomainCreateXML")
        #expect(error?.advice != nil)
    }

    /// After `kill -9` of isolab-vm nothing of it runs, and its directory goes.
    @Test(.enabled(if: Host.canBootLinux, "needs a guest kernel and a built isolab-workload"))
    func killedDriver() throws {
        let bench = try Bench()
        let domain = try bench.linux(
            "orphan", .fastest(Host.accelerator.forLinux),
            arguments: ["--nonce", "0000000000000001", "--work", "1", "--guest", "ready"])
        let guest = try bench.driver.start(domain, deadline: .seconds(120))
        #expect(guest.nextLine(timeout: .seconds(60)) != nil)
        let process = try #require(guest.processes.first)
        kill(bench.driver.pid, SIGKILL)
        #expect(guest.waitForEnd(timeout: .seconds(20)) == nil)
        #expect(guest.lost?.contains("it has ended") == true)
        // It is killed with the first process of its namespace, and a machine's memory takes a moment to be given back.
        func isGone() -> Bool { ProcessStatus(pid: process).map { $0.state == "Z" } ?? true }
        for _ in 0..<1000 {
            guard !isGone() else { break }
            usleep(10_000)
        }
        #expect(isGone())
        #expect(GuestLeftovers.find(in: bench.state).isEmpty)
        #expect(throws: DriverError.self) { try bench.driver.list() }
    }

    /// What a driver of a dead isolab left is found by the record in its directory, and released by the next start.
    @Test func leftovers() throws {
        let state = StateDirectory(root: "/tmp/ilt-\(getpid())-leftovers")
        defer { try? TreeRemoval.remove(state.root) }
        try SystemFile.makeDirectories(state.path("vm/999999"))
        try WholeFile.replace(state.path("vm/999999/owner"), with: Array("999999 1\n".utf8))
        try SystemFile.makeDirectories(state.path("vm/alive"))
        let own = try ProcessIdentity(of: getpid())
        try WholeFile.replace(state.path("vm/alive/owner"), with: Array(OwnedDirectory.text(own).utf8))
        #expect(GuestLeftovers.find(in: state).map(\.root) == [state.path("vm/999999")])
        GuestLeftovers.release(in: state)
        #expect(try SystemFile.names(in: state.path("vm")) == ["alive"])
    }
}

@Suite(.enabled(if: access(Host.program, X_OK) == 0, "needs a built isolab-vm")) struct DriverProtocolTests {
    /// libvirt's own simulated driver: the protocol without a hypervisor, on the connection a user names.
    @Test func simulated() throws {
        let bench = try Bench(connect: "test:///default")
        #expect(bench.driver.version.type == "Test" || bench.driver.version.type == "TEST")
        #expect(try bench.driver.list() == ["test"])
        let xml = """
            <domain type='test'><name>other</name><memory>1024</memory><os><type>hvm</type></os></domain>
            """
        try bench.driver.start(xml: xml, name: "other")
        #expect(try bench.driver.list() == ["other", "test"])
        try bench.driver.destroy("other")
        #expect(try bench.driver.list() == ["test"])
        try bench.driver.destroy("test")
        try bench.driver.undefine("test")
        #expect(try bench.driver.list().isEmpty)
        let error = #expect(throws: DriverError.self) { try bench.driver.destroy("other") }
        #expect(error?.code == 42)
    }

    /// A connection that cannot be made is the first request's error, which says what is wrong and what to do.
    @Test(arguments: [
        ("nosuch:///system", "connect to libvirt nosuch:///system: "),
        ("qemu+unix:///system?socket=/nosuch/socket", "no daemon answers"),
    ])
    func noConnection(uri: String, words: String) {
        let error = #expect(throws: DriverError.self) { _ = try Bench(connect: uri) }
        #expect(error?.code != 0)
        let text = error.map { "\($0)" } ?? ""
        #expect(text.contains(words) && text.contains("omit --connect") && !text.contains("libvirt error"), "\(text)")
    }

    /// A connection that cannot say how QEMU would be called is refused in libvirt's words, and lives on; a guest it only
    /// pretends to run is ended at its deadline.
    @Test func wrongHypervisor() throws {
        let bench = try Bench(connect: "test:///default")
        let (domain, _) = try bench.micro("wrong", .tcg)
        let error = #expect(throws: DriverError.self) { try bench.driver.arguments(for: domain) }
        #expect(error?.operation == "virConnectDomainXMLToNative" && error?.code == 3)
        let guest = try bench.driver.start(domain, deadline: .milliseconds(100))
        #expect(guest.waitForEnd(timeout: .seconds(20)) == nil)
        #expect(guest.missedDeadline && guest.lines.isEmpty)
        try guest.release()
        #expect(try bench.driver.list() == ["test"])
    }

    /// A second embedded root would have no owner: it is refused before anything starts, with what to name instead.
    @Test func secondEmbeddedRoot() {
        let error = #expect(throws: DriverError.self) { _ = try Bench(connect: "qemu:///embed?root=/tmp/ilt-second") }
        #expect(error?.operation == "connect" && error?.object == "qemu:///embed?root=/tmp/ilt-second")
        #expect(error?.advice?.contains("qemu:///system") == true)
        #expect(access("/tmp/ilt-second", F_OK) != 0)
    }

    /// A program that is not there is said so by name.
    @Test func noProgram() {
        let error = #expect(throws: DriverError.self) {
            _ = try GuestDriver(
                program: "/nonexistent/isolab-vm", stateDirectory: StateDirectory(root: "/tmp/ilt-\(getpid())-none"))
        }
        #expect(error?.advice?.contains("make build") == true)
        try? TreeRemoval.remove("/tmp/ilt-\(getpid())-none")
    }

    /// A driver that cannot even start has its last words in the error, not on the terminal.
    @Test func lastWords() throws {
        let state = StateDirectory(root: "/tmp/ilt-\(getpid())-words")
        defer { try? TreeRemoval.remove(state.root) }
        let program = state.path("isolab-vm")
        try SystemFile.makeDirectories(state.root)
        let script = "#!/bin/sh\necho 'cannot open shared object file' >&2\n"
        try WholeFile.replace(program, with: Array(script.utf8), mode: 0o755)
        let error = #expect(throws: DriverError.self) { _ = try GuestDriver(program: program, stateDirectory: state) }
        #expect(error?.message.contains("cannot open shared object file") == true)
        #expect(((try? SystemFile.names(in: state.path("vm"))) ?? []).isEmpty)
    }

    /// libvirt prints command lines as a shell would read them.
    @Test func shellWords() {
        #expect(
            ShellWords.split("A=1 /q -object '{\"a\":\"b c\"}' \"d \\\"e\" f\\ g ''")
                == ["A=1", "/q", "-object", "{\"a\":\"b c\"}", "d \"e", "f g", ""])
    }

    /// Only what libvirt alone can use is taken from QEMU's command line.
    @Test func emulatorArguments() {
        let words = ShellWords.split(
            "LC_ALL=C HOME=/x /usr/bin/qemu -name guest=m -S -object '{\"id\":\"masterKey0\"}' -object memory"
                + " -chardev socket,id=charmonitor,path=/m -mon chardev=charmonitor -no-shutdown"
                + " -chardev socket,id=serial0")
        #expect(
            EmulatorArguments.withoutLibvirt(words) == [
                "/usr/bin/qemu", "-name", "guest=m", "-object", "memory", "-chardev", "socket,id=serial0", "-no-reboot",
            ])
    }
}
