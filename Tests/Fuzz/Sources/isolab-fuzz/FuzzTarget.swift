import Glibc
import OCITestSupport

/// The kind of document that is fuzzed: one a process, named by `ISOLAB_FUZZ`; nil: layers.
private let kind: DocumentKind? = {
    let name = getenv("ISOLAB_FUZZ").map { String(cString: $0) }
    if name == "layer" { return nil }
    guard let name, let kind = DocumentKind(rawValue: name) else {
        let known = DocumentKind.allCases.map(\.rawValue).joined(separator: ", ")
        fatalError("set ISOLAB_FUZZ to layer or one of \(known)")
    }
    return kind
}()

private let layers = LayerTrial()

/// What libFuzzer calls with every input (its documentation, "Fuzz Target").
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    if let kind {
        if let violation = kind.violation(by: bytes) { fatalError("\(kind): \(violation)") }
    } else if let violation = layers.violation(by: bytes) {
        fatalError("layer: \(violation)")
    }
    return 0
}
