import CLinux
import Glibc

/// This program, run from a read-only mount of its own file that nothing else can reach.
package enum ReadOnlySelf {
    /// Executes the program again from such a mount, with its environment as it is.
    ///
    /// - Parameter arguments: all of them, its name included.
    /// - Returns: 0 where it runs from a read-only mount already; the errno where it cannot.
    package static func execute(_ arguments: [String]) -> Int32 {
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        return Int32(truncatingIfNeeded: -isolab_run_from_read_only_self(pointers, environ))
    }
}
