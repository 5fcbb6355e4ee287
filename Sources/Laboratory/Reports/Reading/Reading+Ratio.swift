import RunRecord

extension Reading {
    /// `11.7× [11.2, 12.1]`, `>\u{A0}1000×`, or why there is none; empty where an undecided comparison has none to show.
    ///
    /// Which ratios are withheld the summary decides, so that its table holds none that is not printed here.
    func ratio(_ comparison: Comparison, long: Bool = true) -> String {
        switch comparison.ratioWithheld {
        case "": break
        case "undecided": return ""
        case "over 1000": return ">\u{A0}1000×"
        default: return "no ratio: \(comparison.ratioWithheld)"
        }
        guard let ratio = comparison.ratio, let low = comparison.ratioLow, let high = comparison.ratioHigh else {
            return ""
        }
        guard long || comparison.isRatioWide else { return Quantity.ratio(ratio) }
        return "\(Quantity.ratio(ratio))\u{A0}[\(Quantity.number(low)),\u{A0}\(Quantity.number(high))]"
    }

    /// The ratio as a sentence may hold it, with its interval where that is wide: nil where none may stand.
    func spokenRatio(_ comparison: Comparison) -> String? {
        guard comparison.ratioWithheld.isEmpty || comparison.ratioWithheld == "over 1000" else { return nil }
        let text = ratio(comparison, long: false)
        return text.isEmpty ? nil : text
    }

    /// What a column of ratios has room for: `11.7×`, or of a wide one the interval alone, `3.21 to 20.4×`.
    func shortRatio(_ comparison: Comparison) -> String? {
        guard comparison.isRatioWide, let low = comparison.ratioLow, let high = comparison.ratioHigh else {
            return spokenRatio(comparison)
        }
        return "\(Quantity.number(low)) to \(Quantity.ratio(high))"
    }
}

extension Comparison {
    /// Whether the interval of the ratio reaches farther than a tenth from it: then it never stands without.
    var isRatioWide: Bool {
        guard let ratio, let ratioLow, let ratioHigh else { return false }
        return ratioHigh > 1.1 * ratio || ratio > 1.1 * ratioLow
    }
}
