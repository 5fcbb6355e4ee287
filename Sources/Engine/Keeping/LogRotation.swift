/// When a log goes on in a new file, and what becomes of those before it (`--log-opt max-size=`, `max-file=`).
package struct LogRotation: Equatable, Sendable {
    /// Bytes of a file; 0: as many as come.
    package var greatest: Int64
    /// How many files there are at most, the one that is written among them.
    package var files: Int32

    package init(greatest: Int64, files: Int32) {
        self.greatest = greatest
        self.files = files < 1 ? 1 : files
    }

    /// Whether a file of a size takes no line of a length any more. The first line of a file always goes in.
    package func isFull(size: Int64, line: Int) -> Bool {
        guard greatest > 0, size > 0 else { return false }
        let (sum, overflow) = size.addingReportingOverflow(Int64(line))
        return overflow || sum > greatest
    }

    /// What is renamed, in this order, each to the next number; 0 is the file that is written. Empty where one file is all there is: it
    /// begins anew. What has the last number is replaced.
    package var renames: [(from: Int32, to: Int32)] {
        var renames: [(from: Int32, to: Int32)] = []
        var number = files - 1
        while number > 0 {
            renames.append((number - 1, number))
            number -= 1
        }
        return renames
    }
}
