/// Widths of text set in a common sans-serif, near enough to keep labels apart: SVG has no layout of its own.
enum TextMetrics {
    static func width(_ text: String, size: Double) -> Double {
        var ems = 0.0
        for scalar in text.unicodeScalars {
            switch scalar {
            case "i", "l", "j", "I", ".", ",", ":", ";", "'", "|", "!": ems += 0.28
            case "f", "t", "r", "(", ")", "[", "]", " ", "\u{A0}", "-", "/": ems += 0.36
            case "m", "w", "M", "W", "%", "→": ems += 0.9
            case "A"..."Z": ems += 0.68
            case "0"..."9": ems += 0.57
            default: ems += scalar.value > 0x2e80 ? 1.0 : 0.56
            }
        }
        return ems * size
    }

    /// The text, cut with an ellipsis where it would be wider than that.
    static func fit(_ text: String, width limit: Double, size: Double) -> String {
        guard width(text, size: size) > limit else { return text }
        var kept = text
        while !kept.isEmpty && width(kept + "…", size: size) > limit { kept.removeLast() }
        while kept.last == " " || kept.last == "," || kept.last == "(" { kept.removeLast() }
        return kept + "…"
    }
}
