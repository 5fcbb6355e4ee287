import Linux

/// `--detach-keys`: what is typed to leave a container alone, `ctrl-p,ctrl-q` where nothing is said.
package struct DetachKeys: Equatable, Sendable {
    private let keys: [UInt8]
    /// How many of them have been typed, one after the other.
    private var typed = 0

    package init() { keys = [0x10, 0x11] }

    /// Keys between commas: a character, or `ctrl-` and one of a–z, @, [, \, ], ^, _.
    package init(_ option: String, _ text: String) throws(OptionError) {
        var keys: [UInt8] = []
        for word in text.fields(between: ",") {
            let letters = Array(word.utf8)
            if letters.count == 1 {
                keys.append(letters[0])
            } else if letters.count == 6, word.starts("ctrl-") {
                let letter = letters[5] >= 0x61 && letters[5] <= 0x7A ? letters[5] - 0x20 : letters[5]
                guard (0x40...0x5F).contains(letter) else { throw Self.wrong(option, text) }
                keys.append(letter - 0x40)
            } else {
                throw Self.wrong(option, text)
            }
        }
        self.keys = keys
    }

    private static func wrong(_ option: String, _ text: String) -> OptionError {
        OptionError(option, text, "takes characters and ctrl-LETTER, comma-separated, such as ctrl-p,ctrl-q")
    }

    /// Takes what was typed.
    ///
    /// - Returns: what of it goes into the container; nil once the keys are complete.
    mutating func take(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        var passed: [UInt8] = []
        for byte in bytes {
            if byte == keys[typed] {
                typed += 1
                if typed == keys.count { return nil }
                continue
            }
            // What looked like the beginning was not it.
            passed += keys[..<typed]
            typed = 0
            if byte == keys[0], keys.count > 1 { typed = 1 } else { passed.append(byte) }
        }
        return passed
    }
}
