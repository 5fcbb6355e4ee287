/// Ranks from 1, ties sharing their mean.
enum Ranks {
    static func of(_ values: [Double]) -> [Double] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var ranks = [Double](repeating: 0, count: values.count)
        var start = 0
        while start < order.count {
            var end = start
            while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
            for place in start..<end { ranks[order[place]] = Double(start + end + 1) / 2 }
            start = end
        }
        return ranks
    }

    /// Σ (t³ − t) over groups of t equal values.
    static func tieTerm(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        var term = 0.0
        var start = 0
        while start < sorted.count {
            var end = start
            while end < sorted.count, sorted[end] == sorted[start] { end += 1 }
            let t = Double(end - start)
            term += t * t * t - t
            start = end
        }
        return term
    }
}
