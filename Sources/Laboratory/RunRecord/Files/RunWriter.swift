import FoundationEssentials
import OCI

/// Writes a run as it is measured: the manifest first, then block after block.
///
/// After `append` returns, the block's samples survive the end of this process, however it ends. An append that fails
/// (a full disk) is taken back, and what was recorded before it stays readable.
package final class RunWriter {
    package let directory: RunDirectory
    package private(set) var manifest: Manifest
    /// Samples recorded so far.
    package private(set) var recorded = 0
    private var events: AppendedFile
    private var samples: AppendedFile
    private var blocks: AppendedFile

    /// Makes the directory (and its parents) and writes the manifest.
    ///
    /// - Throws: `RunRecordError.exists` where a run is there already, `.system` where it cannot be written.
    package init(directory path: String, manifest: Manifest) throws(RunRecordError) {
        directory = RunDirectory(path)
        self.manifest = manifest
        try directory.create()
        if let present = directory.present { throw .exists(path: directory.path(of: present)) }
        try Self.write(manifest, to: directory)
        events = try AppendedFile(creating: directory.path(of: .events))
        samples = try AppendedFile(creating: directory.path(of: .samples))
        try samples.append(Array(SampleTable.header.utf8))
        blocks = try AppendedFile(creating: directory.path(of: .blocks))
        try blocks.append(Array(BlockTable.header.utf8))
    }

    /// Records a block, and what the host was like meanwhile.
    package func append(_ block: [Sample], _ state: BlockState? = nil) throws(RunRecordError) {
        var eventBytes: [UInt8] = []
        var sampleBytes: [UInt8] = []
        for sample in block {
            EventLines.encode(sample, into: &eventBytes)
            SampleTable.encode(sample, run: manifest.run, into: &sampleBytes)
        }
        var blockBytes: [UInt8] = []
        if let state { BlockTable.encode(state, run: manifest.run, into: &blockBytes) }
        // Events first: a sample with rows then always has the line that says how many rows it should have.
        let before = (events: events.length, blocks: blocks.length)
        do throws(RunRecordError) {
            try events.append(eventBytes)
            try blocks.append(blockBytes)
            try samples.append(sampleBytes)
        } catch {
            events.truncate(to: before.events)
            blocks.truncate(to: before.blocks)
            guard case .system(let operation, let path, let errno, _) = error else { throw error }
            throw .system(
                operation: operation, path: path, errno: errno,
                kept: "the \(recorded) samples recorded before are kept: isolab report \(directory.path)")
        }
        recorded += block.count
    }

    /// Replaces the manifest.
    package func update(_ manifest: Manifest) throws(RunRecordError) {
        try Self.write(manifest, to: directory)
        self.manifest = manifest
    }

    /// Writes the last manifest, with the digests of what was recorded, and waits until all is on the disk. Nothing may be
    /// appended afterwards.
    package func finish(_ manifest: Manifest) throws(RunRecordError) {
        try samples.synchronize()
        try events.synchronize()
        try blocks.synchronize()
        var sealed = manifest
        sealed.files = try RecordCheck.digests(directory)
        sealed.seal = try Self.seal(of: sealed, directory)
        try update(sealed)
    }

    /// The digest of a manifest, but for the seal itself.
    static func seal(of manifest: Manifest, _ directory: RunDirectory) throws(RunRecordError) -> String {
        var unsealed = manifest
        unsealed.seal = nil
        return Digest(sha256Of: try encode(unsealed, directory)).description
    }

    private static func encode(_ manifest: Manifest, _ directory: RunDirectory) throws(RunRecordError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(manifest) else {
            throw .malformed(
                path: directory.path(of: .manifest), line: 1, problem: "the manifest cannot be written as JSON")
        }
        return Array(data)
    }

    private static func write(_ manifest: Manifest, to directory: RunDirectory) throws(RunRecordError) {
        let data = try encode(manifest, directory)
        try directory.write(String(decoding: data, as: UTF8.self) + "\n", to: .manifest)
    }
}
