import Building
import Containerfiles
import Content
import Glibc
import Images
import Layers
import Linux
import OCI
import Synchronization
import TestSupport
import Testing

/// What the tests need of this host, and why a test is passed over without it.
enum TestHost {
    static let busybox: String? = (["/bin/busybox", "/usr/bin/busybox"] as [String]).first { access($0, X_OK) == 0 }
    static var isRoot: Bool { geteuid() == 0 }
    static var canBuild: Bool { isRoot && busybox != nil && hasOverlay }
    static let reason: Comment = "needs root, busybox-static and overlayfs"
    static let hasOverlay = ((try? SystemFile.read("/proc/filesystems")) ?? "").contains("overlay")

    static func has(_ program: String) -> Bool { ProcessPlan.path(of: program) != nil }
}

/// An image store, a context and a place for results, in a directory that goes with the value.
final class BuildBed {
    private let place: TemporaryDirectory
    let directory: String
    let context: String
    let store: ImageStore
    private let events = Events()

    init() throws {
        place = try TemporaryDirectory(in: "/var/tmp", mode: 0o755)
        directory = place.path
        context = directory + "/context"
        try SystemFile.makeDirectories(context)
        store = try ImageStore(root: directory + "/images")
    }

    /// Writes a file of the context.
    func write(_ path: String, _ content: String = "", mode: mode_t = 0o644) throws {
        let file = "\(context)/\(path)"
        if let slash = file.lastIndex(of: "/") { try SystemFile.makeDirectories(String(file[..<slash])) }
        try SystemFile.replace(file, with: Array(content.utf8), mode: mode)
        chmod(file, mode)
    }

    /// An image of busybox, named `busybox`.
    func makeBusybox() throws {
        let name = try ImageReference("busybox")
        _ = try ImageBootstrapper(store, names: [name], epoch: 1).busybox()
    }

    /// Builds a Containerfile in the context.
    @discardableResult
    func build(_ containerfile: String, _ options: BuildOptions = BuildOptions()) throws -> BuiltImage {
        try write("Containerfile", containerfile)
        var options = options
        options.isQuiet = true
        events.all.withLock { $0 = [] }
        let events = events
        let builder = ImageBuilder(store, options) { event in events.all.withLock { $0.append(event) } }
        return try builder.build(BuildContext(directory: context))
    }

    /// How many steps found their layers.
    var cachedSteps: Int { events.all.withLock { $0.count { $0 == .cached } } }

    private final class Events: Sendable {
        let all = Mutex<[BuildEvent]>([])
    }

    func image(_ built: BuiltImage) throws -> StoredImage { try store.image(built.id.description) }

    /// Everything of an image as one directory.
    func tree(_ built: BuiltImage) throws -> String {
        let image = try image(built)
        let path = "\(directory)/tree-\(UInt32.random(in: 0 ... .max))"
        try SystemFile.makeDirectories(path)
        for layer in image.manifest.layers {
            let file = try store.content.open(layer.digest)
            _ = try LayerUnpacker().apply(LayerBlob(file.number, layer), onto: path)
        }
        return path
    }

    /// Runs a shell line in the bed's directory.
    @discardableResult
    func shell(_ line: String) throws -> String {
        let pipe = try Pipe()
        let process = try ProcessPlan(
            "timeout", ["--kill-after=10", "900", "/bin/sh", "-c", line], workingDirectory: directory
        ).spawn(
            StandardStreams(output: pipe.writeEnd))
        let text = try pipe.readAll()
        let exit = try process.wait()
        guard exit.succeeded else { throw SystemError(line, "\(exit.ending)", errno: 0) }
        return text
    }

    /// What a build has left besides its cache.
    var leftovers: [String] {
        ((try? SystemFile.names(in: store.root + "/builds")) ?? []).filter { $0 != "cache" && $0 != "caches" }
    }

    func status(_ path: String) throws -> stat {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw SystemError("lstat", path) }
        return status
    }
}
