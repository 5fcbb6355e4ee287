import Glibc
package import Linux
import OCI
import Synchronization

/// Copies what layers show together into a directory of its own: owners, modes, times, links and extended attributes included.
///
/// It is packed and unpacked at the same time, so what holds of an archive holds of the copy: nothing outside it is touched.
package enum TreeCopy {
    /// - Parameters:
    ///   - tree: read while it is copied; nobody may change it meanwhile.
    ///   - directory: made here, and removed again on any failure.
    package static func copy(_ tree: MergedTree, to directory: String) throws(LayerError) {
        var unpacking = UnpackOptions.possible
        unpacking.hasNoWhiteouts = true
        let outcome = PackingOutcome()
        do throws(LayerError) {
            let pipe: Pipe
            do throws(SystemError) { pipe = try Pipe("a copy of files") } catch { throw LayerError(error) }
            let output = pipe.takeWriteEnd()
            let writer = try start(tree, output, outcome)
            // In this order: the reading end is closed, so that the writer ends, and then that is waited for.
            defer { withExtendedLifetime(writer) {} }
            defer { pipe.closeReadEnd() }
            _ = try LayerUnpacker(unpacking).unpack(LayerBlob(pipe.readEnd), into: directory)
        } catch {
            throw outcome.failure ?? error
        }
        if let error = outcome.failure {
            try? TreeRemoval.remove(directory)
            throw error
        }
    }

    private static func start(
        _ tree: MergedTree, _ output: Int32, _ outcome: PackingOutcome
    ) throws(LayerError) -> WorkerThread {
        var packing = PackOptions(compression: .none, workers: 1)
        packing.hasNoWhiteouts = true
        let packer = LayerPacker(packing)
        do throws(SystemError) {
            return try WorkerThread {
                // A reader that ended first is told by the write, not by a signal.
                BrokenPipes.block()
                do throws(LayerError) { _ = try packer.pack(tree, to: output) } catch { outcome.fail(error) }
                close(output)
            }
        } catch {
            close(output)
            throw LayerError(error)
        }
    }
}

/// What stopped the packing side of a copy.
private final class PackingOutcome: Sendable {
    private let error = Mutex<LayerError?>(nil)

    /// Nil where it was not stopped, or only by the other side, which knows better why.
    var failure: LayerError? {
        error.withLock { error in
            if case .system(let error)? = error?.reason, error.errno == EPIPE { return nil }
            return error
        }
    }

    func fail(_ failure: LayerError) { error.withLock { $0 = failure } }
}
