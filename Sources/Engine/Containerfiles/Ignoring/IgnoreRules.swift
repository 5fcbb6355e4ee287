/// What of a build context does not count: `.containerignore` or `.dockerignore`, in the language of Docker's.
///
/// The last pattern that matches a path or a directory above it decides; `!` takes back in.
package struct IgnoreRules: Equatable, Sendable {
    private struct Rule: Equatable {
        var pattern: PathPattern
        var isException: Bool
        /// Where it stands in the file, from 1.
        var line: Int
    }

    private let rules: [Rule]
    /// The file's, without its directories.
    private let name: String

    /// Nothing is ignored.
    package static let none = IgnoreRules(rules: [], name: "")

    private init(rules: [Rule], name: String) {
        self.rules = rules
        self.name = name
    }

    /// - Parameters:
    ///   - content: a whole file.
    ///   - name: the file's, for errors.
    package init(_ content: some Sequence<UInt8>, name: String = ".dockerignore") throws(ContainerfileError) {
        var bytes = Array(content)[...]
        guard bytes.count <= ContainerfileLimits.fileSize else {
            throw ContainerfileError("\(name) is greater than \(ContainerfileLimits.fileSize >> 20) MiB")
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        var rules: [Rule] = []
        for (number, line) in bytes.split(separator: ASCII.newline, omittingEmptySubsequences: false).enumerated() {
            guard line.first != ASCII.hash else { continue }
            var text = line.trimmed[...]
            let isException = text.first == UInt8(ascii: "!")
            if isException { text = text.dropFirst() }
            if text.trimmed.isEmpty {
                guard !isException else {
                    throw ContainerfileError("\(name):\(number + 1): '!' needs a pattern")
                }
                continue
            }
            // The context as a whole cannot be left out, and what is outside of it is not in it.
            guard let path = Self.cleaned(text.trimmed.text), !path.isEmpty else { continue }
            guard rules.count < ContainerfileLimits.ignorePatterns else {
                throw ContainerfileError("\(name) has more than \(ContainerfileLimits.ignorePatterns) patterns")
            }
            do throws(ContainerfileError) {
                rules.append(Rule(pattern: try PathPattern(path), isException: isException, line: number + 1))
            } catch {
                throw ContainerfileError("\(name):\(number + 1): \(error.problem)")
            }
        }
        self.rules = rules
        self.name = name.split(separator: "/").last.map(String.init) ?? name
    }

    /// A path without `.`, `..`, doubled and outer slashes (Go's `filepath.Clean`), relative to the context; nil where it leads
    /// out of it.
    static func cleaned(_ path: String) -> String? {
        var parts: [Substring.UTF8View] = []
        for part in Substring(path).utf8.split(separator: ASCII.slash) {
            if part.elementsEqual(".".utf8) { continue }
            if part.elementsEqual("..".utf8) {
                if parts.isEmpty, path.utf8.first != ASCII.slash { return nil }
                if !parts.isEmpty { parts.removeLast() }
                continue
            }
            parts.append(part)
        }
        return parts.map { String(Substring($0)) }.joined(separator: "/")
    }

    package var isEmpty: Bool { rules.isEmpty }

    /// Whether below an ignored directory there may be something that counts: only with exceptions.
    package var hasExceptions: Bool { rules.contains { $0.isException } }

    /// What was found of a directory: which rules match it or one above it.
    package struct Match: Equatable, Sendable {
        fileprivate var matched: [Bool] = []
        package fileprivate(set) var isIgnored = false

        /// Of the context itself.
        package init() {}
    }

    /// Whether a path is ignored, knowing what is true of the directory it is in.
    ///
    /// - Parameter path: relative to the context, parted by slashes.
    package func match(_ path: String, in parent: Match = Match()) -> Match {
        var result = Match()
        for (index, rule) in rules.enumerated() {
            let matches = index < parent.matched.count && parent.matched[index] || rule.pattern.matches(path)
            result.matched.append(matches)
            if matches { result.isIgnored = !rule.isException }
        }
        return result
    }

    /// Whether a path is ignored, by itself: every directory above it is looked at, too.
    package func ignores(_ path: String) -> Bool { match(whole: path).isIgnored }

    /// The file, the line and the pattern that have a path ignored, for messages; nil where it is not.
    package func reason(toIgnore path: String) -> String? {
        let match = match(whole: path)
        guard match.isIgnored, let index = match.matched.lastIndex(of: true) else { return nil }
        return "\(name):\(rules[index].line): \(rules[index].pattern.text)"
    }

    private func match(whole path: String) -> Match {
        var match = Match()
        var prefix = ""
        for part in path.split(separator: "/") {
            prefix += prefix.isEmpty ? String(part) : "/" + part
            match = self.match(prefix, in: match)
        }
        return match
    }
}
