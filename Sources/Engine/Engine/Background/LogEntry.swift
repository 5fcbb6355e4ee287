import OCI

/// A line of a container's log, read back.
struct LogEntry: Equatable {
    var text = ""
    var stream = ""
    var time = ""
}

extension LogEntry: JSONObject {
    static var blank: LogEntry { LogEntry() }

    mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        var said = ShownText(text)
        try members.required("log", &said)
        text = said.text
        try members.required("stream", &stream)
        try members.required("time", &time)
    }

    /// Nil for a line that is none: what a full disk has cut off.
    init?(line: ArraySlice<UInt8>) {
        guard let entry = try? JSONDocument.read(LogEntry.self, from: line, document: "log") else { return nil }
        self = entry
    }
}
