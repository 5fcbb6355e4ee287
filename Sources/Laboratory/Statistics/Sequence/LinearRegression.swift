/// Ordinary least squares through points, with 95 % intervals: the slope of memory over instances.
public struct LinearRegression: Equatable, Sendable {
    public let slope: Double
    public let intercept: Double
    /// Standard errors; nil with two points, which leave no residual.
    public let slopeError: Double?
    public let interceptError: Double?
    public let slopeInterval: Interval?
    public let interceptInterval: Interval?
    /// Share of the variance explained.
    public let determination: Double

    /// - Returns: nil for fewer than two points, or points at one place.
    public init?(x: [Double], y: [Double], level: Double = 0.95) {
        precondition(x.count == y.count, "as many ordinates as abscissae")
        guard x.count > 1 else { return nil }
        let n = Double(x.count)
        let meanX = x.reduce(0, +) / n
        let meanY = y.reduce(0, +) / n
        var xx = 0.0
        var xy = 0.0
        var yy = 0.0
        for (a, b) in zip(x, y) {
            xx += (a - meanX) * (a - meanX)
            xy += (a - meanX) * (b - meanY)
            yy += (b - meanY) * (b - meanY)
        }
        guard xx > 0 else { return nil }
        let slope = xy / xx
        let intercept = meanY - slope * meanX
        self.slope = slope
        self.intercept = intercept
        var residual = 0.0
        for (a, b) in zip(x, y) {
            let difference = b - (intercept + slope * a)
            residual += difference * difference
        }
        determination = yy > 0 ? 1 - residual / yy : 1
        guard x.count > 2 else {
            slopeError = nil
            interceptError = nil
            slopeInterval = nil
            interceptInterval = nil
            return
        }
        let slopeError = (residual / (n - 2) / xx).squareRoot()
        let interceptError = slopeError * (xx / n + meanX * meanX).squareRoot()
        let reach = StudentT.quantile(0.5 + level / 2, freedom: n - 2)
        self.slopeError = slopeError
        self.interceptError = interceptError
        slopeInterval = Interval(slope - reach * slopeError, slope + reach * slopeError)
        interceptInterval = Interval(intercept - reach * interceptError, intercept + reach * interceptError)
    }
}
