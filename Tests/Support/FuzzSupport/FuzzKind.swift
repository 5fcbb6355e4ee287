public import OCITestSupport

/// What strangers send us, by what reads it: each kind is fuzzed by itself, by libFuzzer (`make fuzz`) and from a seed (`FuzzTests`).
public enum FuzzKind: Hashable, Sendable {
    /// A document, read and written again.
    case document(DocumentKind)
    /// A layer, unpacked as root.
    case layer
    /// A run's record, read, summarized and told.
    case run
    /// Requests to a registry.
    case request

    public static let all = DocumentKind.allCases.map { FuzzKind.document($0) } + [.layer, .run, .request]

    /// Its name on the command line, and of its directory of seeds in `Tests/Fuzz/Corpus`.
    public var name: String {
        switch self {
        case .document(let kind): kind.rawValue
        case .layer: "layer"
        case .run: "run"
        case .request: "request"
        }
    }

    public init?(name: String) {
        guard let kind = Self.all.first(where: { $0.name == name }) else { return nil }
        self = kind
    }

    /// What is tried on an input, in a process that tries one kind: nil where all holds that must, else what does not.
    ///
    /// It makes the directories that it needs, below `/dev/shm` or `/tmp`, and they stay as long as the process.
    public func trial() -> @Sendable (UnsafeBufferPointer<UInt8>) -> String? {
        switch self {
        case .document(let kind): { kind.violation(by: $0) }
        case .layer: LayerTrial().violation(by:)
        case .run: RunTrial().violation(by:)
        case .request: RequestTrial().violation(by:)
        }
    }
}
