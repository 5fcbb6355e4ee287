import OCI
import Presentation

/// `isolab version`. There is no daemon: the engine is a part of the command, and of the same version.
package enum VersionText {
    /// - Parameters:
    ///   - version: isolab's own.
    ///   - format: `json` or a template; nil: lines for people.
    package static func text(_ version: String, format: String?) throws -> String {
        let form = try ValueFormat(format)
        return try form.text(of: value(version)) { _ in lines(version) }
    }

    /// Under the names that docker's templates use.
    private static func value(_ version: String) -> JSONTree {
        let place: [JSONTree.Member] = [
            .init("Version", .text(version)), .init("Os", .text(Platform.host.os)),
            .init("Arch", .text(Platform.host.architecture)),
        ]
        let kernel = JSONTree.Member("KernelVersion", .text(HostDescription.kernel))
        let specification = JSONTree.Member("OCIVersion", .text(RuntimeConfiguration.specificationVersion))
        func component(_ name: String, _ detail: JSONTree.Member) -> JSONTree {
            .object([.init("Name", .text(name)), .init("Version", .text(version)), .init("Details", .object([detail]))])
        }
        var server = place
        server.append(.init("Platform", .object([.init("Name", .text("isolab"))])))
        server.append(kernel)
        server.append(
            .init("Components", .list([component("Engine", kernel), component("isolab-runtime", specification)])))
        return .object([.init("Client", .object(place)), .init("Server", .object(server))])
    }

    private static func lines(_ version: String) -> String {
        let platform = "\(Platform.host.os)/\(Platform.host.architecture)"
        let rows: [(String, String)] = [
            ("Client:", ""), (" Version:", version), (" OS/Arch:", platform), ("", ""),
            ("Server: (a part of the command: there is no daemon)", ""), (" Engine:", ""), ("  Version:", version),
            ("  OS/Arch:", platform), ("  Kernel:", HostDescription.kernel), (" isolab-runtime:", ""),
            ("  Version:", version), ("  OCI version:", RuntimeConfiguration.specificationVersion),
        ]
        return rows.map { name, value in
            value.isEmpty
                ? "\(name)\n" : name + String(repeating: " ", count: max(1, 20 - name.utf8.count)) + value + "\n"
        }.joined()
    }
}
