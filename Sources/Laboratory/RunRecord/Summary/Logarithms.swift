import Glibc
import Statistics

extension [BlockValue] {
    /// The natural logarithms, block by block.
    var logarithms: [BlockValue] { map { BlockValue(block: $0.block, log($0.value)) } }
}

extension Double {
    /// e to this power.
    var exponential: Double { exp(self) }

    /// The power of ten of its first digit; of a positive number.
    var order: Double { log10(self).rounded(.down) }

    static func power(of ten: Int) -> Double { pow(10, Double(ten)) }
}
