/// The kernel's files are parted by ASCII characters, and some are read at every launch: looking at bytes spares what looking
/// for whole characters costs.
extension StringProtocol {
    /// The parts between separators, without the empty ones.
    package func parts(between separator: Unicode.Scalar, maxSplits: Int = .max) -> [Substring] {
        Substring(self).utf8.split(separator: UInt8(ascii: separator), maxSplits: maxSplits).map { Substring($0) }
    }
}
