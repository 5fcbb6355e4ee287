/// Order statistics without a full sort.
enum Selection {
    /// The `rank`-th smallest element, from 0; the array is left partly ordered (Hoare's selection).
    static func select(_ rank: Int, in values: inout [Double]) -> Double {
        precondition(values.indices.contains(rank), "no such rank")
        values.withUnsafeMutableBufferPointer { buffer in
            var low = 0
            var high = buffer.count - 1
            while low < high {
                // The median of three keeps sorted input from being the worst case.
                let middle = low + (high - low) / 2
                let (a, b, c) = (buffer[low], buffer[middle], buffer[high])
                let pivot = max(min(a, b), min(max(a, b), c))
                var left = low
                var right = high
                while left <= right {
                    while buffer[left] < pivot { left += 1 }
                    while buffer[right] > pivot { right -= 1 }
                    if left <= right {
                        buffer.swapAt(left, right)
                        left += 1
                        right -= 1
                    }
                }
                if rank <= right {
                    high = right
                } else if rank >= left {
                    low = left
                } else {
                    return
                }
            }
        }
        return values[rank]
    }

    /// The quantile of probability `p` (type 7) of unsorted values.
    static func quantile(_ p: Double, of values: inout [Double]) -> Double {
        let place = Double(values.count - 1) * p
        let below = Int(within: place)
        let first = select(below, in: &values)
        guard place > Double(below), below + 1 < values.count else { return first }
        // Everything after `below` is at least as large, so the next order statistic is the least of it.
        let second = values[(below + 1)...].min() ?? first
        return first + (place - Double(below)) * (second - first)
    }

    /// Median of unsorted values.
    static func median(of values: inout [Double]) -> Double { quantile(0.5, of: &values) }
}
