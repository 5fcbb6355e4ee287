import Glibc
import Linux

/// A data directory with an image of busybox, made once for all tests of a run: that they use it at once is part of the test.
enum EnginePlace {
    static let canRun = IsolabProgram.isRoot && access("/bin/busybox", X_OK) == 0
    static let reason = "containers of images need root, and their image busybox-static"

    private final class Shared: Sendable {
        let place: Result<Place, any Error>

        init() {
            place = Result {
                let place = try Place()
                let made = try IsolabProgram.shell(
                    "ISOLAB_DATA=\(place.path)/data \"$isolab\" image bootstrap busybox", in: place)
                guard made.status == 0 else { throw SystemError("image bootstrap busybox", made.complaints, errno: 0) }
                return place
            }
            // What is shared by all tests has no owner that goes before the process does.
            atexit { try? EnginePlace.shared.place.get().remove() }
        }
    }

    private static let shared = Shared()

    /// Where images and containers are.
    static var data: String {
        get throws { try shared.place.get().path + "/data" }
    }

    /// Runs a shell line in which `$isolab` has the image `busybox`.
    ///
    /// - Parameter files: what is in its directory, by name.
    static func shell(_ line: String, files: [String: String] = [:]) throws -> IsolabProgram.Result {
        let place = try Place()
        for (name, content) in files { _ = try place.write(content, to: name) }
        return try IsolabProgram.shell("export ISOLAB_DATA=\(try data)\n\(line)", in: place)
    }

    /// Starts a shell line that ends in a program, and leaves that running.
    static func start(_ line: String, in place: Place) throws -> RunningProcess {
        try IsolabProgram.start(shell: "export ISOLAB_DATA=\(try data)\nexec \(line)", in: place)
    }

    /// Runs a command in a container of busybox.
    static func run(_ options: String, _ command: String) throws -> IsolabProgram.Result {
        try shell("\"$isolab\" run --rm \(options) busybox \(command)")
    }
}
