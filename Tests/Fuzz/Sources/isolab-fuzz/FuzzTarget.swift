import Glibc
import OCITestSupport

/// What is tried on the input: one kind a process, named by `ISOLAB_FUZZ`.
private let trial: @Sendable (UnsafeBufferPointer<UInt8>) -> String? = {
    let name = getenv("ISOLAB_FUZZ").map { String(cString: $0) } ?? ""
    switch name {
    case "layer":
        let layers = LayerTrial()
        return { layers.violation(by: $0) }
    case "run":
        let runs = RunTrial()
        return { runs.violation(by: $0) }
    case "request":
        let requests = RequestTrial()
        return { requests.violation(by: $0) }
    default:
        guard let kind = DocumentKind(rawValue: name) else {
            let known = DocumentKind.allCases.map(\.rawValue).joined(separator: ", ")
            fatalError("set ISOLAB_FUZZ to layer, run, request or one of \(known)")
        }
        return { kind.violation(by: $0) }
    }
}()

/// What libFuzzer calls with every input (its documentation, "Fuzz Target").
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    if let violation = trial(UnsafeBufferPointer(start: start, count: count)) { fatalError(violation) }
    return 0
}
