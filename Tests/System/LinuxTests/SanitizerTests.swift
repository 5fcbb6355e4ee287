import Glibc
import Linux
import TestSupport
import Testing

/// The code between clone3 and execve under AddressSanitizer (Tests/Sanitizer): every step that handles a text of somebody else's
/// is given lengths around every limit.
@Suite(.enabled(if: geteuid() == 0, "mount namespaces need root")) struct SanitizerTests {
    private static let hasCompiler = ProcessPlan.path(of: "gcc", environment: []) != nil

    @Test(.enabled(if: hasCompiler, "needs gcc")) func hostilePaths() throws {
        let said = try Pipe()
        let process = try ProcessPlan(
            Repository.path("Tests/Sanitizer/run"), [], environment: ProcessPlan.ownEnvironment()
        )
        .spawn(StandardStreams(output: said.writeEnd, error: said.writeEnd))
        let text = try said.readAll()
        #expect(try process.wait().succeeded, "\(text)")
        #expect(text.contains(" steps\n"), "\(text)")
    }
}
