import Freestanding

/// Whether a C string equals a literal.
func equal(_ text: UnsafePointer<CChar>, _ literal: StaticString) -> Bool {
    var index = 0
    while index < literal.utf8CodeUnitCount {
        if UInt8(bitPattern: text[index]) != literal.utf8Start[index] { return false }
        index += 1
    }
    return text[index] == 0
}

/// A child that is a copy of this process (clone(2) with SIGCHLD alone, as fork(2)): 0 in the child.
@inline(__always)
func fork() -> Int { systemCall(SystemCall.clone, 17) }

/// Waits for a child to end: its wait status, or the negated error number.
@inline(__always)
func wait(for child: Int) -> Int {
    var status: Int32 = 0
    let result = withUnsafeMutablePointer(to: &status) { pointer in
        var answer = systemCall(SystemCall.wait4, child, Int(bitPattern: pointer))
        while answer == -ErrorNumber.interrupted {
            answer = systemCall(SystemCall.wait4, child, Int(bitPattern: pointer))
        }
        return answer
    }
    return result < 0 ? result : Int(status)
}
