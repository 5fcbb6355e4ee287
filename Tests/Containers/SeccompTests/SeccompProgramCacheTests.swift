import Foundation
import OCI
import Testing

@testable import Seccomp

@Suite struct SeccompProgramCacheTests {
    static let profile = SeccompProfile(
        defaultAction: .allow, architectures: [.x86_64], flags: ["SECCOMP_FILTER_FLAG_LOG"],
        systemCalls: [.init(["mount", "umount2"], .errno, errorNumber: 1)])

    /// A program is found again by a later cache over the same directory, and a damaged file is made anew.
    @Test func keepsAndHeals() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "isolab-seccomp-\(UUID().uuidString)/a")
        defer { try? FileManager.default.removeItem(at: directory.deletingLastPathComponent()) }
        let compiled = try SeccompProgramCache(directory: directory.path).program(for: Self.profile)
        #expect(compiled.flags == 2)

        let files = try keptFiles(below: directory)
        let file = try #require(files.first)
        #expect(files.count == 1)
        let bytes = try Data(contentsOf: file)
        #expect(SeccompProgramFile.decode(Array(bytes)) == compiled)

        for damage in [bytes.dropLast(), bytes + [0], Data(), Data("isolab".utf8), flip(bytes, at: bytes.count - 3)] {
            #expect(SeccompProgramFile.decode(Array(damage)) == nil)
            try damage.write(to: file)
            #expect(try SeccompProgramCache(directory: directory.path).program(for: Self.profile) == compiled)
            #expect(try Data(contentsOf: file) == bytes, "the damaged file was not made anew")
        }
    }

    /// A kept program is used as it is: the cache does not compile again.
    @Test func usesWhatIsKept() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "isolab-seccomp-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        _ = try SeccompProgramCache(directory: directory.path).program(for: Self.profile)
        let files = try keptFiles(below: directory)
        let other = SeccompProgram(
            instructions: [FilterInstruction(code: FilterCode.returnConstant, constant: 0x7FFF_0000)])
        try Data(SeccompProgramFile.encode(other)).write(to: try #require(files.first))
        #expect(try SeccompProgramCache(directory: directory.path).program(for: Self.profile) == other)
    }

    /// What others could have put there is not believed, nor written beside: a directory or a file that is another user's or
    /// anybody's to write, or a link to one.
    @Test(
        .enabled(if: geteuid() == 0, "giving files away takes root"),
        arguments: ["owner", "mode", "link", "file owner", "file mode", "file link"])
    func believesOnlyItsOwn(kind: String) throws {
        let place = FileManager.default.temporaryDirectory.appending(path: "isolab-seccomp-\(UUID().uuidString)")
        let directory = place.appending(path: "cache")
        defer { try? FileManager.default.removeItem(at: place) }
        _ = try SeccompProgramCache(directory: directory.path).program(for: Self.profile)
        let file = try #require(try keptFiles(below: directory).first)
        // A program that allows everything, as somebody else would leave it.
        let planted = SeccompProgram(
            instructions: [FilterInstruction(code: FilterCode.returnConstant, constant: 0x7FFF_0000)])
        try Data(SeccompProgramFile.encode(planted)).write(to: file)
        #expect(try SeccompProgramCache(directory: directory.path).program(for: Self.profile) == planted, "the control")
        let aside = place.appending(path: "aside")
        switch kind {
        case "owner": try #require(chown(directory.path, 12345, 12345) == 0)
        case "mode": try #require(chmod(directory.path, 0o777) == 0)
        case "file owner": try #require(chown(file.path, 12345, 12345) == 0)
        case "file mode": try #require(chmod(file.path, 0o666) == 0)
        case "link":
            try FileManager.default.moveItem(at: directory, to: aside)
            try FileManager.default.createSymbolicLink(at: directory, withDestinationURL: aside)
        default:
            try FileManager.default.moveItem(at: file, to: aside)
            try FileManager.default.createSymbolicLink(at: file, withDestinationURL: aside)
        }
        let compiled = try SeccompCompiler.compile(Self.profile)
        #expect(try SeccompProgramCache(directory: directory.path).program(for: Self.profile) == compiled)
    }

    /// A directory that cannot be written costs only the compilation.
    @Test func worksWithoutDisk() throws {
        let program = try SeccompProgramCache(directory: "/proc/nowhere").program(for: Self.profile)
        #expect(try program == SeccompCompiler.compile(Self.profile))
    }

    private func keptFiles(below directory: URL) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
    }

    private func flip(_ data: Data, at index: Int) -> Data {
        var data = data
        data[index] ^= 1
        return data
    }
}
