import Linux
import Networks

/// `/etc/resolv.conf` of a container in networks: it asks isolab's server of names, which asks others.
struct ResolverFile: Equatable {
    var search: [String]
    var options: [String]
    var nameServer: String

    /// What was asked for; in place of what was not, what the host has.
    ///
    /// - Parameters:
    ///   - host: the text of the host's.
    ///   - nameServer: where it asks.
    init(_ asked: NetworkOptions, host: String, nameServer: String = NameService.address) {
        self.nameServer = nameServer
        var (search, options): ([String], [String]) = ([], [])
        for line in host.parts(between: "\n") {
            let words = line.utf8.split { $0 == 0x20 || $0 == 0x09 }.map { String(Substring($0)) }
            switch words.first {
            case "search", "domain": search = Array(words.dropFirst())
            case "options": options += words.dropFirst()
            default: break
            }
        }
        // A dot alone takes the host's away, as Docker has it.
        self.search = asked.searchDomains.isEmpty ? search : asked.searchDomains == ["."] ? [] : asked.searchDomains
        self.options = asked.resolverOptions.isEmpty ? options : asked.resolverOptions
    }

    var text: String {
        var lines = ["nameserver \(nameServer)\n"]
        if !search.isEmpty { lines.append("search \(search.joined(separator: " "))\n") }
        // Names without a dot are looked for as they are first: containers have such.
        let words = options.contains { $0.starts("ndots:") } ? options : options + ["ndots:0"]
        lines.append("options \(words.joined(separator: " "))\n")
        return lines.joined()
    }
}
