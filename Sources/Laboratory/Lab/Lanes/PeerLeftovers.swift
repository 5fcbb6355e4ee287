import Glibc
import Linux

/// Containers that another runtime still holds for a run that is gone.
enum PeerLeftovers {
    /// Asks each runtime to delete what its state directory in `scratch` still names.
    static func release(scratch: String) -> [String] {
        var released: [String] = []
        for program in Files.names(in: "\(scratch)/runtimes") {
            guard let path = HostProgram.path(of: program) else { continue }
            let root = "\(scratch)/runtimes/\(program)"
            for name in Files.names(in: root) where name.hasPrefix("isolab-") && Files.isDirectory("\(root)/\(name)") {
                let delete = ["--root", root, "delete", "--force", name]
                _ = try? HostProgram.run(path, delete, group: .ownSession, seconds: 10)
                released.append("container \(name) of \(program)")
            }
        }
        return released
    }
}
