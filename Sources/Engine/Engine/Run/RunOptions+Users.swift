import Glibc
import ImageRuntime
import Linux
import OCI

extension RunOptions {
    /// Who runs it, as the image knows him, with the groups he is given beside.
    func user(of image: ImageConfiguration, in users: UserDatabase) throws(UserError) -> ResolvedUser {
        var result = try users.resolve(user ?? image.execution.user ?? "")
        for name in addedGroups {
            let gid = try users.group(name)
            if gid != result.gid, !result.supplementaryGids.contains(gid) { result.supplementaryGids.append(gid) }
        }
        return result
    }

    /// Writes the container's identifier where it was asked for.
    func writeIdentifier(_ id: String) throws {
        guard let identifierFile else { return }
        let file: OwnedDescriptor
        do throws(SystemError) {
            file = try OwnedDescriptor(opening: identifierFile, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
        } catch {
            guard error.errno == EEXIST else {
                throw OptionError(
                    "--cidfile", identifierFile, "\(error)")
            }
            throw OptionError(
                "--cidfile", identifierFile, "already exists and may hold another container's identifier")
        }
        try SystemFile.write(Array(id.utf8), to: file.number, identifierFile)
    }
}
