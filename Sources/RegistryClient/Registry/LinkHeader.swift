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
                let parameters = after[..<end].lowercased().split { ";,".contains($0) }.map { part in
                    part.filter { !$0.isWhitespace && $0 != "\"" }
                }
                if parameters.contains("rel=next") { return String(target) }
                rest = after[end...]
            }
        }
        return nil
    }
}
