import Glibc

/// What the caller gave a program in bytes that are no text.
///
/// Swift makes a text of whatever bytes there are by putting a sign in place of those that are no UTF-8: a path or a value would
/// silently become another. So they are refused by name, before anything is done.
public enum CallerText {
    /// Variables that say where things are.
    private static let variables = [
        "ISOLAB_DATA", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "HOME", "REGISTRY_AUTH_FILE",
        "DOCKER_CONFIG",
    ]

    /// What is wrong with the command line or those variables; nil where all of it is text.
    public static func problem() -> String? {
        for index in 1..<max(1, Int(CommandLine.argc)) {
            guard let word = CommandLine.unsafeArgv[index] else { continue }
            if text(word) == nil {
                return "argument \(index) is not UTF-8: '\(String(cString: word))'; names and values must be"
            }
        }
        for name in variables {
            if let value = getenv(name), text(value) == nil { return "the variable \(name) is not UTF-8" }
        }
        return nil
    }

    /// A variable of the caller's environment.
    ///
    /// - Throws: where it is no text.
    public static func variable(_ name: String) throws(SystemError) -> String? {
        guard let value = getenv(name) else { return nil }
        guard let text = text(value) else {
            throw SystemError("read", "the variable \(name)", errno: EILSEQ, advice: "its value is not UTF-8")
        }
        return text
    }

    /// A text of the C library's; nil for bytes that are none.
    public static func text(_ pointer: UnsafePointer<CChar>) -> String? { String(validatingCString: pointer) }
}
