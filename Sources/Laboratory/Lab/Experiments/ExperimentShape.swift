/// What no experiment file needs and a reader of YAML falls into: things within things, which cost it stack, and aliases of aliases,
/// which cost it time without end. Looked at before it reads.
enum ExperimentShape {
    /// Brackets within brackets, and dashes, question marks and blanks in front of a line. A file of ours needs two and some ten.
    static let (greatestDepth, greatestIndent) = (32, 128)
    /// What they stand for may be twice as much with each.
    static let greatestAliases = 32

    /// The first thing that is too much: its line and what to say. Brackets and asterisks in quotes count, too: that is far from any
    /// honest file all the same.
    static func fault(in text: String) -> (line: Int, problem: String)? {
        var (line, depth, aliases) = (1, 0, 0)
        var indent: Int? = 0
        var before = UInt8(ascii: "\n")
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\n"):
                line += 1
                indent = 0
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                indent = nil
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth = max(0, depth - 1)
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: ":"):
                indent = indent.map { $0 + 1 }
            case UInt8(ascii: "*"):
                // In a text it stands within or behind something.
                if " \n\t[{,-:?".utf8.contains(before) { aliases += 1 }
                indent = nil
            default: indent = nil
            }
            before = byte
            if depth > greatestDepth { return (line, "brackets within brackets, more than \(greatestDepth)") }
            if let indent, indent > greatestIndent { return (line, "it is indented by more than \(greatestIndent)") }
            if aliases > greatestAliases { return (line, "more than \(greatestAliases) aliases: write them out") }
        }
        return nil
    }
}
