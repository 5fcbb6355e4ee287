import Glibc
import OCITestSupport

/// The kind of document that is fuzzed: one a process, named by `ISOLAB_FUZZ`.
private let kind: DocumentKind = {
    guard let name = getenv("ISOLAB_FUZZ"), let kind = DocumentKind(rawValue: String(cString: name)) else {
        let known = DocumentKind.allCases.map(\.rawValue).joined(separator: ", ")
        fatalError("set ISOLAB_FUZZ to one of \(known)")
    }
    return kind
}()

/// What libFuzzer calls with every input (its documentation, "Fuzz Target").
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    if let violation = kind.violation(by: UnsafeBufferPointer(start: start, count: count)) {
        fatalError("\(kind): \(violation)")
    }
    return 0
}
