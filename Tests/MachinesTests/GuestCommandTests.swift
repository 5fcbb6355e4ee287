import Foundation
import Linux
import Testing

@testable import Machines

/// A busybox user space, and what running it in a guest came to.
final class GuestPlace {
    let path = "/tmp/ilg-\(UUID().uuidString.prefix(8))"
    var rootfs: String { path + "/rootfs" }
    let runner: GuestRunner

    static let programs: String = {
        // The test bundle is loaded by the toolchain's own runner: its own path is in the maps of this process.
        let maps = (try? TextFile.read("/proc/self/maps")) ?? ""
        let line = maps.split(separator: "\n").first { $0.hasSuffix(".xctest") }
        let path = line?.split(separator: " ").last.map(String.init) ?? GuestDriver.besideThisProgram()
        return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }()
    static let canRun =
        access("/usr/bin/qemu-system-x86_64", X_OK) == 0 && access("/bin/busybox", X_OK) == 0
        && access(programs + "/isolab-vm", X_OK) == 0 && (try? GuestKernel.find()) != nil

    init() throws {
        try TextFile.makeDirectory(path + "/rootfs/bin")
        for directory in ["etc", "tmp", "root", "home/user"] { try TextFile.makeDirectory("\(path)/rootfs/\(directory)") }
        _ = try Tool.run("cp", ["/bin/busybox", path + "/rootfs/bin/busybox"])
        let applets = [
            "sh", "true", "cat", "id", "env", "pwd", "sleep", "stty", "echo", "kill", "wc", "sha256sum", "ls", "mount",
            "hostname", "touch", "head", "dd", "tty", "yes", "test", "mkdir",
        ]
        for applet in applets { symlink("busybox", path + "/rootfs/bin/" + applet) }
        var runner = GuestRunner(stateDirectory: StateDirectory(root: path + "/state"))
        runner.driverProgram = Self.programs + "/isolab-vm"
        runner.initProgram = Self.programs + "/isolab-init"
        self.runner = runner
    }

    deinit { FileTree.remove(path) }

    struct Result {
        let exit: GuestExit
        let output: [UInt8]
        let errors: [UInt8]
        var text: String { String(decoding: output, as: UTF8.self) }
        var complaints: String { String(decoding: errors, as: UTF8.self) }
    }

    var root: GuestRoot { .layers([rootfs], key: "busybox", directory: path + "/packed") }

    func run(_ command: GuestCommand, input: [UInt8] = [], root: GuestRoot? = nil) throws -> Result {
        let inputPath = path + "/input"
        try TextFile.replace(inputPath, with: input)
        let reading = try OwnedDescriptor(opening: inputPath, O_RDONLY)
        let output = try OwnedDescriptor(opening: path + "/output", O_RDWR | O_CREAT | O_TRUNC)
        let errors = try OwnedDescriptor(opening: path + "/errors", O_RDWR | O_CREAT | O_TRUNC)
        let exit = try runner.run(
            command, root: root ?? self.root,
            streams: GuestStreams(input: reading.number, output: output.number, error: errors.number),
            relaysSignals: false)
        return Result(
            exit: exit, output: try TextFile.bytes(path + "/output"), errors: try TextFile.bytes(path + "/errors"))
    }
}

@Suite(.enabled(if: GuestPlace.canRun, "needs QEMU, busybox, a guest kernel and a built isolab-vm"))
struct GuestCommandTests {
    /// The command's output, its complaints apart from it, and its exit status come out of the guest.
    @Test func streamsAndStatus() throws {
        let place = try GuestPlace()
        let result = try place.run(GuestCommand(["sh", "-c", "echo out; echo err >&2; exit 3"]))
        #expect(result.exit == .exited(3))
        #expect(result.text == "out\n")
        #expect(result.complaints == "err\n")
    }
}
