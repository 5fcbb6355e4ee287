/// A number over a sample's rows, kept with its events: rows that were edited are found by sample, and told by line.
///
/// It protects against slips and spreadsheets, not against somebody who computes it anew: nothing in the record is secret.
enum RowSeal {
    /// The sum of the rows' FNV-1a numbers, each of the row as it is written, the run's name apart: the order of rows, which a
    /// spreadsheet may change, is no part of it.
    static func seal(_ sample: Sample) -> String {
        var bytes: [UInt8] = []
        SampleTable.encode(sample, run: "", into: &bytes)
        let start: UInt64 = 0xcbf2_9ce4_8422_2325
        var sum: UInt64 = 0
        var hash = start
        var quoted = false
        for byte in bytes {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
            if byte == UInt8(ascii: "\"") { quoted.toggle() }
            guard byte == UInt8(ascii: "\n"), !quoted else { continue }
            sum &+= hash
            hash = start
        }
        let digits = String(sum, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
