import Glibc
import Images
import Linux
import OCI
import Testing

@testable import Building
@testable import Containerfiles

/// Where a build's secrets are while a command sees them: nowhere that a killed build would leave them.
@Suite(.enabled(if: TestHost.canBuild, TestHost.reason)) struct SecretFileTests {
    private static let words = "secret-\(UInt32.random(in: 0 ... .max))-in-plain-text"

    /// While the container is made, its maker alone sees them, by a thread of its own: the rest of the host has an empty directory
    /// there. Naive: a file of the host's.
    @Test func areNoFilesOfTheHost() throws {
        let bed = try BuildBed()
        let workspace = try BuildWorkspace(bed.store)
        let naive = workspace.directory + "/naive"
        try SystemFile.replace(naive, with: Array(Self.words.utf8))
        setenv("ISOLAB_TEST_SECRET_FILE", Self.words, 1)
        let secret = Instruction.Secret(identifier: "s")
        let files = try SecretFiles(
            [BuildStep.Mount(kind: .secret(secret), target: "/run/secrets/s")],
            [BuildSecret(identifier: "s", source: .variable("ISOLAB_TEST_SECRET_FILE"))], workspace)
        let path = try #require(files.mounts(workingDirectory: "/").first?.source)
        struct Seen: Error {}
        #expect(throws: Seen.self) {
            _ = try files.launching {
                #expect(try SystemFile.read(path) == Self.words)
                // What the process's first thread, and everybody else, sees.
                #expect(try SystemFile.read("/proc/self/root\(naive)") == Self.words, "the control does not hold")
                #expect(!SystemFile.exists("/proc/self/root\(path)"))
                throw Seen()
            }
        }
        #expect(!SystemFile.exists(path))
    }

    /// What killed builds of earlier versions left goes; what a process that lives has stays.
    @Test func abandonedOnes() throws {
        let bed = try BuildBed()
        let state = bed.directory + "/state"
        let ended = try ProcessPlan("/bin/true").spawn()
        let pid = ended.pid
        _ = try ended.wait()
        let living = "secrets-\(getpid())-\(HostClock.now())"
        let names = ["secrets-\(pid)-\(HostClock.now())", "secrets-\(getpid())-1", living, "secrets-x-1", "other-1-2"]
        for name in names {
            try SystemFile.makeDirectories("\(state)/\(name)")
            try SystemFile.replace("\(state)/\(name)/0", with: Array(Self.words.utf8))
        }
        #expect(AbandonedSecrets.remove(from: state).sorted() == names.prefix(2).sorted())
        #expect(try SystemFile.names(in: state) == names.dropFirst(2).sorted())
    }
}
