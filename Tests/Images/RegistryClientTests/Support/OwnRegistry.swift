import Glibc
import Linux

/// The built `isolab-registry`, started for one test.
final class OwnRegistry {
    var port: UInt16 { process.port }
    private let process: ServerProcess

    var name: String { "127.0.0.1:\(port)" }

    init(in place: Place, deletes: Bool = true) throws {
        let mark = UInt32.random(in: 0...UInt32.max)
        process = try ServerProcess(
            [
                "\(StandardDirectories.programs)/isolab-registry", "serve", "--listen", "127.0.0.1:0", "--root",
                "\(place.path)/own-\(mark)", deletes ? "--delete" : "--no-delete",
            ], log: "\(place.path)/own-\(mark).log")
    }
}
