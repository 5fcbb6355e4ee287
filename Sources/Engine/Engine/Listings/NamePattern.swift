import Glibc

/// A regular expression for names (POSIX's extended ones, regcomp(3)), as docker and podman have it of `--filter name=`: it matches
/// anywhere in a name unless `^` and `$` say where.
final class NamePattern: Sendable {
    /// Compiled once, then only read: regexec(3) may be called by several threads.
    private nonisolated(unsafe) let compiled: UnsafeMutablePointer<regex_t>

    /// - Parameter typed: what the user gave to the option.
    /// - Throws: for a text that is no expression, with what regcomp has against it.
    init(_ option: String, _ text: String, typed: String) throws(OptionError) {
        let compiled = UnsafeMutablePointer<regex_t>.allocate(capacity: 1)
        compiled.initialize(to: regex_t())
        let fault = regcomp(compiled, text, REG_EXTENDED | REG_NOSUB)
        guard fault == 0 else {
            var buffer = [CChar](repeating: 0, count: 128)
            regerror(fault, compiled, &buffer, buffer.count)
            compiled.deallocate()
            let reason = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw OptionError(option, typed, "is not a regular expression: \(reason)")
        }
        self.compiled = compiled
    }

    deinit {
        regfree(compiled)
        compiled.deallocate()
    }

    /// Docker's names begin with a slash, and scripts may ask for it.
    func matches(_ name: String) -> Bool {
        regexec(compiled, name, 0, nil, 0) == 0 || regexec(compiled, "/\(name)", 0, nil, 0) == 0
    }
}
