/// A command line that a shell reads back as the same words: for whoever copies it out of a report.
package enum ShellLine {
    package static func quoted(_ words: [String]) -> String { words.map(quoted).joined(separator: " ") }

    /// As it is where nothing in it means anything to a shell, else between quotation marks.
    static func quoted(_ word: String) -> String {
        guard word.isEmpty || !word.utf8.allSatisfy(isPlain) else { return word }
        let inside = word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
        return "'\(inside)'"
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-_./:=,@%+".utf8.contains(byte)
        }
    }
}
