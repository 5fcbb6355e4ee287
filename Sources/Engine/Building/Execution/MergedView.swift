import Glibc
import Images
import Linux

/// An image's layers as one tree: `openat2(2)` then resolves what no single layer could.
///
/// Each is mounted for a moment in a mount namespace that nobody else has and taken off again: the open root keeps it, and
/// whatever happens to the process, nothing stays.
final class MergedViews {
    private let thread: PrivateMountThread
    private let workspace: BuildWorkspace

    init(_ workspace: BuildWorkspace) throws(SystemError) {
        self.workspace = workspace
        thread = try PrivateMountThread(hiding: [])
    }

    deinit { thread.end() }

    /// The tree of a stack of layers, to be read.
    func readable(_ stack: LayerStack, _ name: String) throws(SystemError) -> FileTree {
        // Overlayfs wants two layers where nothing is written.
        guard stack.count > 1 else { return try FileTree(name, opening: "\(stack.path)/0") }
        return try mounted(OverlayMount(stack: stack.path, count: stack.count), name)
    }

    /// The tree of a stack of layers under a directory that takes what is written.
    func writable(_ stack: LayerStack, upper: String) throws(SystemError) -> FileTree {
        let work = try workspace.makeDirectory("work")
        return try mounted(
            OverlayMount(stack: stack.path, count: stack.count, upper: upper, work: work, isVolatile: true), "the image"
        )
    }

    private func mounted(_ overlay: OverlayMount, _ name: String) throws(SystemError) -> FileTree {
        let target = try workspace.makeDirectory("root", mode: 0o711)
        return try thread.run { () throws(SystemError) in
            try overlay.mount(at: target)
            defer { umount2(target, Int32(MNT_DETACH)) }
            return try FileTree(name, opening: target)
        }
    }
}
