import Glibc
import Linux
import OCI
import TestSupport
import Testing

@testable import Layers

/// A directory of a test's own, gone with it; below it `layer`, where archives are unpacked.
final class UnpackFixture {
    private let directory: TemporaryDirectory
    var path: String { directory.path }
    var layer: String { path + "/layer" }

    init() throws {
        directory = try TemporaryDirectory(mode: 0o755)
    }

    /// A file with this content, open for reading.
    func blob(_ bytes: [UInt8], _ name: String = "blob") throws -> OwnedDescriptor {
        let file = try OwnedDescriptor(opening: "\(path)/\(name)", O_RDWR | O_CREAT | O_TRUNC)
        try SystemFile.write(bytes, to: file.number, name)
        lseek(file.number, 0, SEEK_SET)
        return file
    }

    /// Unpacks an archive into `layer`.
    @discardableResult
    func unpack(_ bytes: [UInt8], _ options: UnpackOptions = UnpackOptions()) throws -> LayerContent {
        let file = try blob(bytes)
        return try LayerUnpacker(options).unpack(LayerBlob(file.number), into: layer)
    }

    /// Unpacks an archive on top of what is in `layer`.
    @discardableResult
    func apply(_ bytes: [UInt8], _ options: UnpackOptions = UnpackOptions()) throws -> LayerContent {
        if mkdir(layer, 0o755) != 0, errno != EEXIST { throw SystemError("mkdir", layer) }
        let file = try blob(bytes)
        return try LayerUnpacker(options).apply(LayerBlob(file.number), onto: layer)
    }

    /// What a shell prints, run in the fixture; its failure is the test's.
    @discardableResult
    func shell(_ script: String, location: SourceLocation = #_sourceLocation) throws -> String {
        let pipe = try Pipe()
        let plan = ProcessPlan(
            "timeout", ["--kill-after=10", "900", "/bin/sh", "-euc", script], workingDirectory: path)
        let process = try plan.spawn(StandardStreams(output: pipe.writeEnd, error: pipe.writeEnd))
        let output = try pipe.readAll()
        #expect(try process.wait().succeeded, "\(output)", sourceLocation: location)
        return output
    }

    /// One line for everything below a directory, as find(1) sees it: name, kind, mode, owner, time, size, links, target, and
    /// the content's hash. Extended attributes as tar(1) lists them are not among it.
    ///
    /// - Parameter holes: whether it tells how much of a file is on disk.
    func listing(_ directory: String, holes: Bool = true) throws -> String {
        try shell(
            """
            cd \(directory)
            find . -printf '%P %y %m %U:%G %T@ %n %l' \\( -type f -printf ' %s\(holes ? " %b" : "")' -o -true \\) -printf '\\n' | LC_ALL=C sort
            find . -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum
            find . \\( -type c -o -type b \\) -print0 | LC_ALL=C sort -z | xargs -0r stat -c '%n %t:%T'
            """)
    }

    /// Fails with the lines that differ where two directories do not hold the same.
    func expectSame(
        _ first: String, _ second: String, _ comment: String = "", holes: Bool = true,
        location: SourceLocation = #_sourceLocation
    ) throws {
        let left = Set(try listing(first, holes: holes).split(separator: "\n"))
        let right = Set(try listing(second, holes: holes).split(separator: "\n"))
        #expect(
            left.subtracting(right).sorted() == right.subtracting(left).sorted(), "\(comment)", sourceLocation: location
        )
        #expect(left.count > 2, sourceLocation: location)
    }

    func exists(_ name: String) -> Bool {
        var information = stat()
        return lstat("\(path)/\(name)", &information) == 0
    }

    func text(_ name: String) throws -> String { try SystemFile.read("\(path)/\(name)") }

    func status(_ name: String) throws -> stat {
        var information = stat()
        guard lstat("\(path)/\(name)", &information) == 0 else { throw SystemError("lstat", name) }
        return information
    }
}

enum TestHost {
    static let isRoot = geteuid() == 0
    static func has(_ program: String) -> Bool { ProcessPlan.path(of: program) != nil }
}
