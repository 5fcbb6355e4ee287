import RunRecord

/// The host in two phrases: its processor, and its kernel with whether that is itself virtualised.
struct HostWords {
    /// `AMD EPYC, 2 CPUs`.
    let processor: String
    /// `Linux 6.18.44, itself a guest`.
    let system: String

    /// One sentence for a terminal.
    var sentence: String { "Host: \(processor); \(system)." }

    init(_ manifest: Manifest) {
        func fact(_ section: String, _ name: String) -> String? {
            let value = manifest.host.first { $0.title == section }?.facts.first { $0.name == name }?.value
            guard let value, !value.isEmpty, value != "not available" else { return nil }
            return value
        }
        let model = fact("Processor", "model") ?? "processor not recorded"
        processor = model + (fact("Processor", "logical CPUs").map { ", \($0)\u{A0}CPU\($0 == "1" ? "" : "s")" } ?? "")
        let kernel = fact("Kernel", "release").map { "Linux \($0)" } ?? "kernel not recorded"
        let kind = fact("Virtualisation", "the host is itself").map { $0.hasPrefix("bare metal") ? $0 : "itself \($0)" }
        system = "\(kernel), \(kind ?? "virtualised or not: not recorded")"
    }
}
