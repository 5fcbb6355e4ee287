import Testing

@testable import Containerfiles

@Suite struct FileModeChangeTests {
    /// As chmod(1) has it without an umask.
    @Test(
        arguments: [
            ("755", 0o600, false, 0o755), ("u=rwX,go=rX", 0o600, false, 0o644), ("u=rwX,go=rX", 0o600, true, 0o755),
            ("u=rwX,go=rX", 0o700, false, 0o755), ("+x", 0o644, false, 0o755), ("a-w", 0o666, false, 0o444),
            ("g=u", 0o640, false, 0o660), ("u+s,g+s", 0o755, false, 0o6755), ("+t", 0o755, true, 0o1755),
            ("go=", 0o777, false, 0o700), ("u-x+w", 0o555, false, 0o655), ("o=g-w", 0o760, false, 0o764),
            ("u=rw", 0o4711, false, 0o611),
        ] as [(String, UInt32, Bool, UInt32)])
    func applies(text: String, mode: UInt32, isDirectory: Bool, expected: UInt32) throws {
        #expect(try FileModeChange(text).applied(to: mode, isDirectory: isDirectory) == expected)
    }

    @Test(arguments: ["", "u", "u+q", "8", "77777", "u=rw,", "x+r", "0x1"]) func refused(text: String) {
        #expect(throws: ContainerfileError.self) { try FileModeChange(text) }
    }
}
