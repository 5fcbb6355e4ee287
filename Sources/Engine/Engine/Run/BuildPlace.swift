import Linux
import Networks
import OCI

/// The place of one command of a build in networks: as a container's, of which there is nothing else.
///
/// Its identifier is locked as a container's, so that the next command frees what a killed build had.
package final class BuildPlace {
    private let engine: Engine
    private let id: String
    private let care: ContainerRecords.Claim
    private let joined: JoinedNetworks
    /// What the command finds in `/etc`.
    package let files: [(name: String, content: String)]

    /// The namespace, as this process sees it.
    package var path: String { joined.path }

    fileprivate init(
        _ engine: Engine, _ id: String, _ care: consuming ContainerRecords.Claim, _ joined: JoinedNetworks,
        _ files: [(name: String, content: String)]
    ) {
        self.engine = engine
        self.id = id
        self.care = care
        self.joined = joined
        self.files = files
    }

    /// Frees it, once the command has ended.
    package func leave() {
        engine.leaveNetworks(id)
        engine.shelf.end(id)
    }
}

extension Engine {
    /// Whether nothing outside of a build's network is reached from it.
    ///
    /// - Throws: `NetworkError.unknown`, and where this user has no networks.
    package static func isInternalNetwork(_ join: NetworkJoin) throws -> Bool {
        guard StandardDirectories.isHostRoot else { throw needsRoot }
        do {
            return try NetworkStore(path: StandardDirectories.data + "/networks").find(join.network).isInternal
        } catch NetworkError.unknown where join.network == Network.defaultName {
            // It is made when it is first used.
            return false
        }
    }

    /// Puts one command of a build into networks.
    package func joinForBuild(_ options: NetworkOptions) throws -> BuildPlace {
        let id = ContainerName.identifier()
        let care = try shelf.begin(id)
        do {
            let reservation = PortReservation()
            let places = try record(id, "build-\(id.prefix(12))", options, reservation)
            let joined = JoinedNetworks(try makeSandbox(id, places), reservation, places)
            warnOfForwarding(places)
            let host = (try? SystemFile.read("/etc/resolv.conf")) ?? ""
            let addresses = places.flatMap(\.endpoint.addresses).map { "\($0)\tbuild\n" }.joined()
            return BuildPlace(
                self, id, care, joined,
                [
                    ("hosts", "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n\(addresses)"),
                    ("resolv.conf", ResolverFile(options, host: host).text),
                ])
        } catch {
            leaveNetworks(id)
            shelf.end(id)
            throw error
        }
    }
}
