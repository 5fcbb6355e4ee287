import OCI

/// What kinds of manifest a client takes: the header `Accept` (RFC 9110, 12.5.1). Whoever does not say takes all.
struct Accept {
    private let ranges: [Substring]

    init(_ header: String?) {
        ranges = (header ?? "").split(separator: ",").map {
            // Parameters do not tell manifests apart.
            $0.prefix { $0 != ";" }.drop { $0 == " " }.prefix { $0 != " " }
        }.filter { !$0.isEmpty }
    }

    func takes(_ type: MediaType) -> Bool {
        ranges.isEmpty
            || ranges.contains {
                $0 == type.rawValue || $0 == "*/*" || $0 == "application/*" || $0 == "application/json"
            }
    }
}
