import Glibc

extension SeededGenerator {
    /// A standard normal variate (Marsaglia's polar method; its second value is not kept, so that the sequence depends
    /// on nothing but the calls made).
    public mutating func normal() -> Double {
        while true {
            let u = 2 * unit() - 1
            let v = 2 * unit() - 1
            let s = u * u + v * v
            if s < 1, s > 0 { return u * (-2 * log(s) / s).squareRoot() }
        }
    }

    /// A standard exponential variate.
    public mutating func exponential() -> Double { -log(unit()) }

    /// A gamma variate of scale 1 (Marsaglia and Tsang, 2000), for `shape` ≥ 1.
    mutating func gamma(shape: Double) -> Double {
        precondition(shape >= 1, "gamma(shape:) is for shapes of at least 1")
        let d = shape - 1.0 / 3.0
        let c = 1 / (9 * d).squareRoot()
        while true {
            let x = normal()
            let cubeRoot = 1 + c * x
            guard cubeRoot > 0 else { continue }
            let v = cubeRoot * cubeRoot * cubeRoot
            let u = unit()
            let square = x * x
            if u < 1 - 0.0331 * square * square { return d * v }
            if log(u) < 0.5 * square + d * (1 - v + log(v)) { return d * v }
        }
    }

    /// A beta variate, for parameters of at least 1.
    mutating func beta(_ a: Double, _ b: Double) -> Double {
        let x = gamma(shape: a)
        return x / (x + gamma(shape: b))
    }
}
