import Linux
import OCI

extension Engine {
    /// The lines of `isolab port`: what is published of a container.
    ///
    /// - Parameter port: of the container, with or without its protocol (`80`, `53/udp`); nil: all, each with its own name.
    package func ports(of text: String, port: String?) throws -> [String] {
        try releaseLeftovers()
        let container = try container(text)
        let published = container.settings?["NetworkSettings"]?["Ports"]?.members ?? []
        return try Self.lines(of: published, port: port, container: container.name)
    }

    static func lines(of published: [JSONTree.Member], port: String?, container: String) throws -> [String] {
        func addresses(_ member: JSONTree.Member) -> [String] {
            (member.value.elements ?? []).map { binding in
                let address = binding["HostIp"]?.string ?? ""
                return (address.holds(":") ? "[\(address)]" : address) + ":" + (binding["HostPort"]?.string ?? "")
            }
        }
        guard let port else {
            return published.flatMap { member in addresses(member).map { "\(member.name) -> \($0)" } }
        }
        let name = port.holds("/") ? port : port + "/tcp"
        guard let member = published.first(where: { $0.name == name }) else {
            throw EngineError.unsupported(
                "container '\(container)' publishes no port \(name)",
                advice: "`isolab port \(container)` lists those it does")
        }
        return addresses(member)
    }
}
