import FuzzSupport
import Glibc

/// What is tried on the input: one kind a process, named by `ISOLAB_FUZZ`.
private let trial: @Sendable (UnsafeBufferPointer<UInt8>) -> String? = {
    let name = getenv("ISOLAB_FUZZ").map { String(cString: $0) } ?? ""
    guard let kind = FuzzKind(name: name) else {
        fatalError("set ISOLAB_FUZZ to one of \(FuzzKind.all.map(\.name).joined(separator: ", "))")
    }
    return kind.trial()
}()

/// What libFuzzer calls with every input (its documentation, "Fuzz Target").
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    if let violation = trial(UnsafeBufferPointer(start: start, count: count)) { fatalError(violation) }
    return 0
}
