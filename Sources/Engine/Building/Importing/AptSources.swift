import Linux

/// The host's package sources (sources.list(5)): one-line entries and deb822 stanzas, as they are.
struct AptSources: Equatable {
    /// A file's entries of one style.
    struct Text: Equatable {
        var isDeb822: Bool
        var content: String
    }

    /// One source of packages.
    private enum Entry: Equatable {
        /// `deb [options] uri suite component…`
        case line(String, suite: String)
        /// A stanza and the suites it names.
        case stanza([String], suites: [String])
    }

    private var entries: [Entry] = []

    var isEmpty: Bool { entries.isEmpty }

    /// Reads `sources.list` and what is in `sources.list.d`; what is disabled, or source code alone, is left out.
    init(reading directory: String) {
        add(list: (try? SystemFile.read(directory + "/sources.list")) ?? "")
        for name in (try? SystemFile.names(in: directory + "/sources.list.d")) ?? [] {
            let content = (try? SystemFile.read("\(directory)/sources.list.d/\(name)")) ?? ""
            if name.hasSuffix(".list") { add(list: content) }
            if name.hasSuffix(".sources") { add(stanzas: content) }
        }
    }

    init(list: String = "", stanzas: String = "") {
        add(list: list)
        add(stanzas: stanzas)
    }

    private mutating func add(list: String) {
        for line in list.split(separator: "\n") {
            let text = line.prefix { $0 != "#" }
            var words = text.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
            guard words.first == "deb" else { continue }
            words.removeFirst()
            if words.first?.hasPrefix("[") == true {
                guard let end = words.firstIndex(where: { $0.hasSuffix("]") }) else { continue }
                words.removeFirst(end + 1)
            }
            guard words.count >= 2 else { continue }
            entries.append(.line(String(text), suite: words[1]))
        }
    }

    private mutating func add(stanzas: String) {
        var stanza: [String] = []
        let lines: [Substring] = stanzas.split(separator: "\n", omittingEmptySubsequences: false) + [""]
        for line in lines {
            if line.hasPrefix("#") { continue }
            if !line.allSatisfy({ $0 == " " || $0 == "\t" || $0 == "\r" }) {
                stanza.append(String(line))
                continue
            }
            if !stanza.isEmpty { add(stanza: stanza) }
            stanza = []
        }
    }

    private mutating func add(stanza: [String]) {
        func words(_ field: String) -> [String] {
            stanza.first { $0.lowercased().hasPrefix(field + ":") }
                .map { $0.dropFirst(field.utf8.count + 1).split(separator: " ").map(String.init) } ?? []
        }
        guard words("types").contains("deb"), words("enabled").first?.lowercased() != "no" else { return }
        entries.append(.stanza(stanza, suites: words("suites")))
    }

    /// Those of one release: `bookworm`, `bookworm-updates`, `bookworm-security`, `bookworm/updates`; without a name, those of
    /// the release that is named first.
    func restricted(to suite: String?) -> AptSources {
        guard let name = suite ?? suites.first else { return self }
        func belongs(_ suite: String) -> Bool {
            suite == name || suite.hasPrefix(name + "-") || suite.hasPrefix(name + "/")
        }
        var result = self
        result.entries = entries.compactMap { entry in
            switch entry {
            case .line(_, let suite): return belongs(suite) ? entry : nil
            case .stanza(let lines, let suites):
                let own = suites.filter(belongs)
                guard !own.isEmpty else { return nil }
                let changed = lines.map {
                    $0.lowercased().hasPrefix("suites:") ? "Suites: " + own.joined(separator: " ") : $0
                }
                return .stanza(changed, suites: own)
            }
        }
        return result
    }

    /// The suites in their order, the release's own name first where it is there.
    var suites: [String] {
        let all = entries.flatMap { entry in
            switch entry {
            case .line(_, let suite): [suite]
            case .stanza(_, let suites): suites
            }
        }
        // Those of other vendors' packages need the system's own beside them.
        let plain = all.filter { name in !name.contains("-") && all.contains { $0.hasPrefix(name + "-") } }
        return plain + all.filter { !plain.contains($0) }
    }

    /// The entries as files: one-line entries and stanzas do not mix.
    var texts: [Text] {
        let lines = entries.compactMap { if case .line(let text, _) = $0 { text } else { nil } }
        let stanzas = entries.compactMap {
            if case .stanza(let lines, _) = $0 { lines.joined(separator: "\n") } else { nil }
        }
        var result: [Text] = []
        if !lines.isEmpty { result.append(Text(isDeb822: false, content: lines.joined(separator: "\n") + "\n")) }
        if !stanzas.isEmpty {
            result.append(Text(isDeb822: true, content: stanzas.joined(separator: "\n\n") + "\n"))
        }
        return result
    }
}
