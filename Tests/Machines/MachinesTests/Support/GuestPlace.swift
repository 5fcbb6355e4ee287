import Foundation
import Linux

@testable import Machines

/// A busybox user space in a directory of one test's own, and what running its programs in a guest came to.
final class GuestPlace {
    let path = "/tmp/ilg-\(UUID().uuidString.prefix(8))"
    var rootfs: String { path + "/rootfs" }
    let runner: GuestRunner

    static let programs: String = {
        // The test bundle is loaded by the toolchain's own runner: its own path is in the maps of this process.
        let maps = (try? SystemFile.read("/proc/self/maps")) ?? ""
        let line = maps.split(separator: "\n").first { $0.hasSuffix(".xctest") }
        let path = line?.split(separator: " ").last.map(String.init) ?? GuestDriver.besideThisProgram()
        return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }()
    static let canRun =
        access("/usr/bin/qemu-system-x86_64", X_OK) == 0 && access("/bin/busybox", X_OK) == 0
        && access(programs + "/isolab-vm", X_OK) == 0 && (try? GuestKernel.find()) != nil

    /// Where libvirt looks for it: QEMU's own of old, and the later one by itself.
    static let hasVirtiofsd =
        access("/usr/lib/qemu/virtiofsd", X_OK) == 0 || access("/usr/libexec/virtiofsd", X_OK) == 0

    init() throws {
        for directory in ["bin", "etc", "tmp"] { try SystemFile.makeDirectories("\(path)/rootfs/\(directory)") }
        try WholeFile.copy("/bin/busybox", to: path + "/rootfs/bin/busybox", mode: 0o755)
        for applet in ["sh", "cat", "id", "pwd", "hostname", "sleep", "stty", "tty", "test", "ls", "yes", "true"] {
            symlink("busybox", path + "/rootfs/bin/" + applet)
        }
        var runner = GuestRunner(stateDirectory: StateDirectory(root: path + "/state"))
        runner.driverProgram = Self.programs + "/isolab-vm"
        runner.initProgram = Self.programs + "/isolab-init"
        self.runner = runner
    }

    deinit { try? TreeRemoval.remove(path) }

    struct Result {
        let exit: GuestExit
        let output: [UInt8]
        let errors: [UInt8]
        var text: String { String(decoding: output, as: UTF8.self) }
        var complaints: String { String(decoding: errors, as: UTF8.self) }
    }

    var root: GuestRoot { .layers([rootfs], key: "busybox", directory: path + "/packed") }

    func run(
        _ command: GuestCommand, input: [UInt8] = [], with runner: GuestRunner? = nil, root: GuestRoot? = nil
    ) throws -> Result {
        try WholeFile.replace(path + "/input", with: input)
        let reading = try OwnedDescriptor(opening: path + "/input", O_RDONLY)
        let output = try OwnedDescriptor(opening: path + "/output", O_RDWR | O_CREAT | O_TRUNC)
        let errors = try OwnedDescriptor(opening: path + "/errors", O_RDWR | O_CREAT | O_TRUNC)
        let exit = try (runner ?? self.runner).run(
            command, root: root ?? self.root,
            streams: GuestStreams(input: reading.number, output: output.number, error: errors.number),
            relaysSignals: false)
        return Result(
            exit: exit, output: try SystemFile.bytes(of: path + "/output"),
            errors: try SystemFile.bytes(of: path + "/errors"))
    }
}

struct TestProblem: Error {
    let text: String
    init(_ text: String) { self.text = text }
}

/// A pseudo-terminal: the peer is what a program runs on, the master is its user.
final class TestTerminal {
    let master: Int32
    let peer: Int32

    init() throws {
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard master >= 0 else { throw SystemError("open", "/dev/ptmx") }
        var unlocked: Int32 = 0
        guard ioctl(master, 0x4004_5431, &unlocked) == 0 else { throw SystemError("TIOCSPTLCK", "/dev/ptmx") }
        peer = ioctl(master, 0x5441, O_RDWR | O_NOCTTY)  // TIOCGPTPEER
        guard peer >= 0 else { throw SystemError("TIOCGPTPEER", "/dev/ptmx") }
    }

    deinit {
        close(master)
        close(peer)
    }

    var mode: termios {
        var mode = termios()
        tcgetattr(peer, &mode)
        return mode
    }

    func write(_ bytes: [UInt8]) { _ = Glibc.write(master, bytes, bytes.count) }

    /// Everything up to a text, or what came in a minute.
    func read(until end: String) -> String {
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !String(decoding: text, as: UTF8.self).hasSuffix(end) {
            var ready = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, 60_000) > 0 else { break }
            let count = Glibc.read(master, &buffer, buffer.count)
            guard count > 0 else { break }
            text += buffer[..<count]
        }
        return String(decoding: text, as: UTF8.self)
    }
}
