import RunRecord

/// The first screen: the answer in words and figures, how sure, on what accelerator, what was not measured.
enum HTMLHeader {
    static func render(_ reading: Reading) -> [Node] {
        let answer = Answer(reading)
        let manifest = reading.manifest
        return [
            element("header", ["id": "answer"]) {
                element("p", ["class": "overline"]) {
                    "What isolation costs on this machine"
                    element("span", ["class": "run"]) { "run \(manifest.run) · \(manifest.started)" }
                }
                element("h1") { answer.headline }
                warnings(answer)
                element("dl", ["class": "key"]) {
                    for fact in KeyFacts(reading).facts {
                        element("div") {
                            element("dt") { fact.name }
                            element("dd") {
                                fact.value
                                if !fact.detail.isEmpty { element("small") { fact.detail } }
                            }
                        }
                    }
                }
                glance(reading)
                element("div", ["class": "facts"]) {
                    element("div") {
                        element("h2") { "In words" }
                        element("ul") { for sentence in answer.sentences { element("li") { sentence } } }
                    }
                    element("div") {
                        element("h2") { "How sure" }
                        element("ul") { for sentence in answer.certainty { element("li") { sentence } } }
                    }
                    element("div") {
                        element("h2") { "Accelerator of the guests" }
                        element("p") { manifest.accelerator.isEmpty ? "not recorded" : manifest.accelerator }
                    }
                    element("div") {
                        element("h2") { "Not measured" }
                        missing(answer)
                    }
                }
            }
        ]
    }

    /// Three statements at most stand open; the rest, and what is said of the run's parts, are folded under them.
    private static func warnings(_ answer: Answer) -> [Node] {
        let open = answer.warnings.prefix(3)
        let folded = answer.warnings.dropFirst(3) + answer.remarks
        guard !open.isEmpty || !folded.isEmpty else { return [] }
        return [
            element("div", ["class": "warnings", "role": "note", "aria-label": "Warnings"]) {
                for warning in open {
                    element("p") {
                        element("b") { "Mind: " }
                        warning
                    }
                }
                if !folded.isEmpty {
                    element("details") {
                        element("summary") {
                            "\(Words.plural(folded.count, open.isEmpty ? "remark" : "more remark")) on the run"
                        }
                        element("ul") { for remark in folded { element("li") { remark } } }
                    }
                }
            }
        ]
    }

    private static func missing(_ answer: Answer) -> Node {
        guard !answer.missing.isEmpty else { return element("p") { "Nothing was left out: every lane ran." } }
        return element("ul", ["class": "missing"]) {
            for entry in answer.missing {
                element("li") {
                    element("b") { entry.lane }
                    ": \(entry.reason)"
                    if !entry.remedy.isEmpty {
                        element("span", ["class": "remedy"]) {
                            "to enable: "
                            element("code") { entry.remedy }
                        }
                    }
                }
            }
        }
    }

    private static func glance(_ reading: Reading) -> [Node] {
        guard let table = Glance(reading).table else { return [] }
        return [
            element("div", ["class": "glance"]) { HTMLTable.render(table, names: true) }
        ]
    }
}
