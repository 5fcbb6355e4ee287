import Glibc

/// Containers that another runtime still holds for a run that is gone.
enum PeerLeftovers {
    /// Asks each runtime to delete what its state directory in `scratch` still names.
    static func release(scratch: String) -> [String] {
        var released: [String] = []
        for program in Files.names(in: "\(scratch)/runtimes") {
            guard let path = Files.program(program) else { continue }
            let root = "\(scratch)/runtimes/\(program)"
            for name in Files.names(in: root) where name.hasPrefix("isolab-") && Files.isDirectory("\(root)/\(name)") {
                _ = try? CommandOutput.text(path, ["--root", root, "delete", "--force", name])
                released.append("container \(name) of \(program)")
            }
        }
        return released
    }
}
