import Glibc
import Linux

/// The built `isolab-registry`, started for one test.
final class OwnRegistry {
    let port: UInt16
    private let process: ServerProcess

    var name: String { "127.0.0.1:\(port)" }

    init(in place: Place, deletes: Bool = true) throws {
        port = try Loopback.freePort()
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDWR)
        process = try ServerProcess(
            [
                "\(StandardDirectories.programs)/isolab-registry", "serve", "--listen", "127.0.0.1:\(port)", "--root",
                "\(place.path)/own-\(port)", deletes ? "--delete" : "--no-delete",
            ], port: port, StandardStreams(input: null.number, output: null.number, error: null.number))
    }
}
