/// The next page of a list, as `Link` names it (RFC 8288; distribution specification 1.1, "Listing Tags").
enum LinkHeader {
    /// The reference with `rel="next"`; nil where there is none.
    static func next(_ values: [String]) -> String? {
        for value in values {
            var rest = Substring(value)
            while let open = rest.firstIndex(of: "<"), let close = rest[open...].firstIndex(of: ">") {
                let target = rest[rest.index(after: open)..<close]
                let after = rest[rest.index(after: close)...]
                let end = after.firstIndex(of: "<") ?? after.endIndex
                for parameter in after[..<end].lowercased().split(whereSeparator: { ";,".contains($0) }) {
                    let parts = parameter.split(separator: "=", maxSplits: 1).map { part in
                        // One field may state several relations: `rel="prev next"`.
                        part.split { $0.isWhitespace || $0 == "\"" }
                    }
                    if parts.count == 2, parts[0] == ["rel"], parts[1].contains("next") { return String(target) }
                }
                rest = after[end...]
            }
        }
        return nil
    }
}
