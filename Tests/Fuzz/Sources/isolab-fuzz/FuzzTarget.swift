import Glibc
import OCITestSupport

/// What is tried on the input.
private let trial: (UnsafeBufferPointer<UInt8>) -> String? = {
    let name = getenv("ISOLAB_FUZZ").map { String(cString: $0) } ?? ""
    switch name {
    case "layer": return LayerTrial().violation
    case "run": return RunTrial().violation
    case "request": return RequestTrial().violation
    default:
        guard let kind = DocumentKind(rawValue: name) else {
            let known = DocumentKind.allCases.map(\.rawValue).joined(separator: ", ")
            fatalError("set ISOLAB_FUZZ to layer, run, request or one of \(known)")
        }
        return kind.violation
    }
}()

/// What libFuzzer calls with every input (its documentation, "Fuzz Target").
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    if let violation = trial(UnsafeBufferPointer(start: start, count: count)) { fatalError(violation) }
    return 0
}
