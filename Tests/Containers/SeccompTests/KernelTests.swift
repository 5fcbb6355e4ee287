import Foundation
import OCI
import Testing

@testable import Seccomp

/// The compact program in the kernel.
@Suite struct KernelTests {
    static let bwrap = ["/usr/bin/bwrap", "/usr/local/bin/bwrap"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// The kernel takes the program, and judges as it says: the personalities Docker lists may be set, another and a new
    /// user namespace may not, though both are possible without the filter. bwrap loads it, in a process of its own.
    @Test(.enabled(if: bwrap != nil, "needs bwrap, which loads a filter from a descriptor"))
    func loadsAndDenies() throws {
        let program = try SeccompProgramCache().program(for: .docker())
        let file = FileManager.default.temporaryDirectory.appending(path: "isolab-filter-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try program.instructions.withUnsafeBytes { Data($0) }.write(to: file)

        let script = """
            try() { if "$@" 2>/dev/null; then echo yes; else echo no; fi; }
            try true; try setarch linux32 true; try setarch --addr-no-randomize true; try unshare --user true
            """
        let bwrap = try #require(Self.bwrap)
        let sandbox = "exec \(bwrap) --unshare-user --dev-bind / /"
        #expect(try shell("\(sandbox) bash -c '\(script)'") == "yes\nyes\nyes\nyes\n")
        #expect(try shell("\(sandbox) --seccomp 9 bash -c '\(script)' 9<\(file.path)") == "yes\nyes\nno\nno\n")
    }

    private func shell(_ script: String) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/timeout")
        process.arguments = ["--kill-after=10", "300", "/bin/bash", "-c", script]
        let output = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text
    }
}
