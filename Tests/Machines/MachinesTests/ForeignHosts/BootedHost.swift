import Glibc
import Linux
import Testing

@testable import Machines

/// A guest that stands for a host unlike this one: boots a tree of programs, whose script says on the console what came of it.
final class BootedHost {
    /// What it is made of.
    struct Machine {
        var accelerator: Accelerator
        var memoryMiB = 1024
        /// The processor with everything QEMU can give it: under its translator, one that virtualises.
        var hasFullProcessor = false
        /// A raw image with the root file system; nil: the root is the archive.
        var disk: String?
        /// The first program of the archive.
        var program = "/init"
        /// More words for the kernel.
        var words: [String] = []
    }

    /// How long it may say nothing: longer than each of its commands may take. How long it takes in all is the host's affair, which
    /// may have other things to do; but it does come to an end.
    private static let silence = Duration.seconds(600)
    private static let limit = Duration.seconds(2400)

    static let products: String = {
        // The test bundle is loaded by the toolchain's own runner: its own path is in the maps of this process.
        let maps = (try? SystemFile.read("/proc/self/maps")) ?? ""
        let line = maps.split(separator: "\n").first { $0.hasSuffix(".xctest") }
        let path = line?.split(separator: " ").last.map(String.init) ?? ""
        return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }()
    static let busybox = (["/bin/busybox", "/usr/bin/busybox"] as [String]).first { access($0, X_OK) == 0 }
    /// isolab's own programs.
    static let programs = ["isolab", "isolab-runtime", "isolab-vm", "isolab-workload", "isolab-init"]
    static let canBoot =
        (programs.map { "\(products)/\($0)" } + ["/usr/bin/qemu-system-x86_64"] as [String])
        .allSatisfy { access($0, X_OK) == 0 } && busybox != nil && (try? GuestKernel.find()) != nil
    static let reason: Comment = "needs QEMU, a guest kernel, built programs and busybox-static"

    let name: String
    let state: StateDirectory
    private let driver: GuestDriver

    init(_ name: String) throws {
        self.name = name
        state = StateDirectory(root: "/tmp/ilt-\(getpid())-\(name)")
        do { driver = try GuestDriver(program: Self.products + "/isolab-vm", stateDirectory: state) } catch {
            try? TreeRemoval.remove(state.root)
            throw error
        }
    }

    deinit {
        driver.close()
        try? TreeRemoval.remove(state.root)
    }

    /// Boots, tells how far it has come, and reads what was said when it is over.
    func run(_ tree: GuestTree, _ machine: Machine) throws -> ConsoleReport {
        let initramfs = try Initramfs.make(layers: [tree.root], cache: Cache(root: state.path("cache")))
        try? TreeRemoval.remove(tree.root)
        // A microvm's serial port has no interrupt without ACPI: what programs write to it would never come out.
        let recipe = GuestRecipe(machine: .pc, accelerator: machine.accelerator, memoryMiB: machine.memoryMiB)
        let console = driver.file(for: "console")
        var domain = recipe.domain(
            name: name, kernel: try GuestKernel.find(), initramfs: initramfs.path, arguments: [],
            channelSocket: driver.channelSocket(for: name), tscKilohertz: AcceleratorReport.probe().tscKilohertz,
            consoleLog: console)
        domain.hasFullProcessor = machine.hasFullProcessor
        domain.disk = machine.disk
        let words = ["rdinit=\(machine.program)", "loglevel=1"] + machine.words
        domain.commandLine = domain.commandLine.replacing(
            "rdinit=/isolab-workload", with: words.joined(separator: " "))
        // Nothing in it speaks on the channel, whose first byte would tell the driver that the guest lives.
        let guest = try driver.start(domain, deadline: Self.limit)
        wait(for: guest, console)
        try guest.release()
        return ConsoleReport(console: (try? SystemFile.read(console)) ?? "")
    }

    private func wait(for guest: RunningGuest, _ console: String) {
        let begin = ContinuousClock.now
        var spoke = begin
        var told = 0
        while true {
            let now = ContinuousClock.now
            let isHung = now - spoke > Self.silence || now - begin > Self.limit
            let isOver = guest.waitForEnd(timeout: .seconds(1)) != nil || guest.lost != nil || isHung
            let text = (try? SystemFile.read(console)) ?? ""
            // The last line may not be whole yet.
            let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).dropLast()
            for line in lines.dropFirst(told) where ConsoleReport.tells(line) {
                print("  \(name) guest, \((now - begin).components.seconds) s: \(line)")
            }
            if lines.count > told { spoke = now }
            told = max(told, lines.count)
            // Progress that stays in a buffer tells nobody anything.
            fflush(nil)
            if isOver { return }
        }
    }
}
