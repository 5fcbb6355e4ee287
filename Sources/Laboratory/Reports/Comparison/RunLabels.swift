/// What runs are called beside each other: as their manifests name them where that tells them apart, else by what tells their
/// directories apart.
package enum RunLabels {
    /// - Parameter runs: the name in the manifest and the directory as the user gave it.
    package static func of(_ runs: [(name: String, path: String)]) -> [String] {
        let names = runs.map(\.name)
        guard Set(names).count < names.count else { return names }
        let parts = runs.map { $0.path.split(separator: "/").map(String.init) }
        // As many directories above as tell all of them apart; one run given twice is told by its place in the line.
        let longest = parts.map(\.count).max() ?? 0
        for depth in 1...max(1, longest) {
            let labels = parts.map { $0.suffix(depth).joined(separator: "/") }
            if Set(labels).count == labels.count { return labels }
        }
        return runs.enumerated().map { "\($0.element.path) (\($0.offset + 1))" }
    }
}
