import CLinux
import Glibc

/// pipe2(2): both ends close-on-exec, closed with it unless given away.
package final class Pipe {
    package private(set) var readEnd: Int32
    package private(set) var writeEnd: Int32

    /// - Parameter purpose: what it is for, for the error.
    package init(_ purpose: String = "a pipe") throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        try retryingOnInterrupt("pipe", purpose) { isolab_pipe(&ends) }
        (readEnd, writeEnd) = (ends[0], ends[1])
    }

    /// Gives the end up to the caller, who must close it.
    package func takeReadEnd() -> Int32 {
        defer { readEnd = -1 }
        return readEnd
    }

    package func takeWriteEnd() -> Int32 {
        defer { writeEnd = -1 }
        return writeEnd
    }

    package func closeReadEnd() {
        if readEnd >= 0 { close(takeReadEnd()) }
    }

    package func closeWriteEnd() {
        if writeEnd >= 0 { close(takeWriteEnd()) }
    }

    /// Everything that others write, after giving up the own way to write.
    package func readAll() throws(SystemError) -> String {
        closeWriteEnd()
        var content: [UInt8] = []
        var bytes = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = try retryingOnInterrupt("read", "a pipe") { read(readEnd, &bytes, bytes.count) }
            if count == 0 { return String(decoding: content, as: UTF8.self) }
            content += bytes.prefix(count)
        }
    }

    deinit {
        closeReadEnd()
        closeWriteEnd()
    }
}
