import Glibc
import Testing

@testable import Linux

/// Trying in a child what must not happen in this process.
@Suite struct ChildAttemptTests {
    /// What is possible succeeds, and the caller stays where it was.
    @Test(.enabled(if: geteuid() == 0, "namespaces need root"))
    func namespacesStayInTheChild() throws {
        let before = try Procfs.namespace("uts")
        try ChildAttempt.run([.setHostName("attempt")], in: [.uts, .mount, .pid])
        #expect(try Procfs.namespace("uts") == before)
        #expect(try SystemFile.read("/proc/sys/kernel/hostname") != "attempt\n")
    }

    /// A refused step is the error, named with its object.
    @Test func refusedStepIsNamed() {
        let error = #expect(throws: SystemError.self) {
            try ChildAttempt.run([.changeDirectory(path: "/nonexistent/isolab")])
        }
        #expect(error?.operation == "chdir")
        #expect(error?.object == "/nonexistent/isolab")
        #expect(error?.errno == ENOENT)
    }
}
