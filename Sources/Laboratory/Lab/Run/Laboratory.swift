import Containers
import Glibc
import Linux
import Statistics
import Synchronization

/// What every lane and experiment of one run shares: directories, programs, the image, names and nonces.
///
/// Used from the one thread that measures.
final class Laboratory {
    let stateDirectory: String
    let cacheDirectory: String
    let programDirectory: String
    let image: Image
    let kernel: String?
    let connect: String?
    /// `<pid>-<start time>`: names everything of this run, and tells the next start whose it was.
    let owner: ProcessIdentity
    /// This run's own directory below the state directory; its existence is the owner record.
    let scratch: String
    /// Where the sandboxes' standard error goes: read only when a launch is rejected.
    let complaints: StandardErrorFile
    /// /dev/null.
    var null: Int32 { nothing.number }
    private let nothing: OwnedDescriptor
    /// Sees first bytes arrive; nil where there is one processor, which it would only take.
    let watch: ArrivalWatch?
    private var sharedLauncher: Launcher?
    private var sharedGuests: Result<SharedGuests, any Error>?
    private let adoptsOrphans: Bool
    /// What launches leave running; nil where it is not looked for.
    private(set) var orphans: Orphans?
    /// What this process itself is in: what a lane isolates is told apart from it. Nil where it cannot be read.
    let harness: ObservedIsolation?
    /// The workload's file, to know it again in a process seen from outside.
    let workloadBytes: [UInt8]
    /// What the names of all its sandboxes begin with.
    let namePrefix: String
    private var serial = 0
    /// Several laboratories may be open in one process.
    private static let count = Atomic<Int>(0)
    private var nonces: SeededGenerator

    init(_ options: BenchOptions, seed: UInt64) throws(LabError) {
        stateDirectory = options.stateDirectory ?? StandardDirectories.state
        cacheDirectory = options.cacheDirectory ?? StandardDirectories.cache
        do { try StandardDirectories.check(cacheDirectory) } catch { throw .system(error) }
        let own = options.programDirectory ?? StandardDirectories.programs
        programDirectory = own
        kernel = options.kernel
        adoptsOrphans = options.adoptsOrphans
        connect = options.connect
        owner = (try? ProcessIdentity(of: getpid())) ?? ProcessIdentity(pid: getpid(), startTime: 0)
        namePrefix = "isolab-\(owner.token)-\(Self.count.add(1, ordering: .relaxed).newValue)-"
        scratch = "\(stateDirectory)/lab/\(owner.token)"
        // A nonce that can be guessed proves nothing; only its order is left to chance, the lanes' order is the seed's.
        var system = SystemRandomNumberGenerator()
        nonces = SeededGenerator(seed: seed ^ system.next())
        let workload = "\(own)/isolab-workload"
        guard Files.isExecutable(workload) else { throw .missingProgram(name: "isolab-workload", directory: own) }
        harness = try? ObservedIsolation(process: "self")
        watch = HostReading.allowedProcessors().count > 1 ? try? ArrivalWatch() : nil
        do {
            workloadBytes = try SystemFile.bytes(of: workload)
            // What a user namespace's root must reach is for all to enter; what this run keeps is not.
            try SystemFile.makeDirectories("\(stateDirectory)/lab")
            try SystemFile.makeDirectories(scratch, mode: 0o700)
            complaints = try StandardErrorFile(in: scratch)
            nothing = try OwnedDescriptor(opening: "/dev/null", O_RDWR)
        } catch {
            throw .system(error)
        }
        do {
            image = try Image(options.image, workload: workload, cache: cacheDirectory, scratch: scratch)
        } catch {
            try? TreeRemoval.remove(scratch)
            throw error
        }
    }

    /// A name no other sandbox on this host has.
    func nextName() -> String {
        serial += 1
        return "\(namePrefix)\(serial)"
    }

    func nextNonce() -> UInt64 { nonces.next() }

    /// isolab's own runtime core; made when the first container lane asks.
    func launcher() throws -> Launcher {
        if let sharedLauncher { return sharedLauncher }
        let launcher = try Launcher(stateDirectory: stateDirectory)
        sharedLauncher = launcher
        return launcher
    }

    /// What is known of the host's accelerator, where a guest lane asked.
    var knownGuests: SharedGuests? {
        guard case .success(let guests) = sharedGuests else { return nil }
        return guests
    }

    /// The guests' driver and artefacts; made when the first guest lane asks. A failure is remembered: it costs once.
    func guests() throws -> SharedGuests {
        if let sharedGuests { return try sharedGuests.get() }
        let made = Result { try SharedGuests(self) }
        sharedGuests = made
        return try made.get()
    }

    /// From now on what a launch leaves running is seen, where that was asked for. Called once all lanes are prepared: what they
    /// started themselves is no orphan.
    func watchOrphans() throws(LabError) {
        guard adoptsOrphans else { return }
        do { orphans = try Orphans() } catch { throw .system(error) }
    }

    /// Removes this run's own directory.
    func close() {
        if case .success(let guests) = sharedGuests { guests.close() }
        // Both hold on to this object.
        sharedGuests = nil
        sharedLauncher = nil
        image.close()
        try? TreeRemoval.remove(scratch)
    }
}
