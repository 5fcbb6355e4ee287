import Containerfiles
import Glibc
import ImageRuntime
import Images
import Linux
import OCI

/// COPY, ADD and WORKDIR: files written into an image without running anything of it.
struct FileSteps {
    let views: MergedViews
    let workspace: BuildWorkspace

    /// Files of the context are root's, as Docker has it; those of images stay whose they are.
    static func keepsOwners(_ copy: BuildStep.Copy) -> Bool { copy.owner == nil && copy.origin != .context }

    /// - Parameter fetched: what addresses gave.
    func copy(
        _ copy: BuildStep.Copy, _ sources: CopySources, _ fetched: [FetchedFile], _ stack: LayerStack, upper: String
    ) throws {
        let root = try views.writable(stack, upper: upper)
        var owner: (uid: UInt32, gid: UInt32)? = Self.keepsOwners(copy) ? nil : (0, 0)
        if let name = copy.owner { owner = try UserDatabase(root: root.root.number).owner(name) }
        let writer = TreeWriter(root, owner: owner, mode: copy.mode)
        let destination = Array(ImagePath.relative(copy.destination).utf8)
        var isInto = copy.intoDirectory
        if !isInto { isInto = try writer.isDirectory(destination) }
        let files = sources.items.filter { !$0.isDirectory }
        guard isInto || files.count + copy.documents.count + fetched.count <= 1 else {
            throw BuildError.source(
                path: copy.destination,
                problem: "with more than one file, the destination must be a directory: write '\(copy.destination)/'")
        }
        func place(_ name: [UInt8]) -> [UInt8] {
            guard isInto else { return destination }
            return destination.isEmpty ? name : destination + [0x2F] + name
        }
        for document in copy.documents {
            try writer.write(Array(document.content.utf8), to: place(Array(document.name.utf8)))
        }
        for file in fetched {
            guard !isInto || !file.name.isEmpty else {
                throw BuildError.source(
                    path: file.url, problem: "has no file name: add one to the destination")
            }
            // As Docker has it: nobody else is to read what came from elsewhere, unless it is said.
            try writer.write(contentOf: file.descriptor.number, to: place(Array(file.name.utf8)), permissions: 0o600)
        }
        for item in sources.items {
            if copy.pivots != nil {
                try writer.copy(item, from: sources.tree, to: destination)
            } else if item.isDirectory {
                try writer.copy(item, from: sources.tree, to: destination)
            } else if copy.unpacks, let entry = item.entries.first, entry.kind == .file,
                let file = try sources.tree.open(entry.source, O_RDONLY | O_NONBLOCK), Archive.isArchive(file.number)
            {
                guard copy.mode == nil else {
                    throw BuildError.source(
                        path: shown(entry.source),
                        problem: "an archive keeps its permissions: use ADD without --chmod")
                }
                // As BuildKit has it since 0.23: what is unpacked is the given user's, too.
                try unpack(file.number, to: destination, owner: copy.owner == nil ? nil : owner, writer, root)
            } else {
                try writer.copy(item, from: sources.tree, to: place(item.name), followsLink: !isInto)
            }
        }
        try writer.finish()
    }

    private func unpack(
        _ archive: Int32, to destination: [UInt8], owner: (uid: UInt32, gid: UInt32)?, _ writer: TreeWriter,
        _ root: FileTree
    ) throws {
        try writer.makeDirectory(destination)
        guard let directory = try root.open(destination, OwnedDescriptor.pathOnly | O_DIRECTORY) else {
            throw SystemError("open", shown(destination), errno: ENOENT)
        }
        let scratch = try workspace.makeDirectory("archive")
        try Archive.unpack(archive, into: "/proc/self/fd/\(directory.number)/.", owner: owner, scratch: scratch)
    }

    /// A directory that holds what a command is shown: a copy, so that what it writes there is gone with it.
    ///
    /// - Returns: the path of it, or of the one file in it.
    func laidOut(_ sources: CopySources, keepsOwners: Bool) throws -> String {
        let directory = try workspace.makeDirectory("files", mode: 0o755)
        let root = try FileTree("the files shown to a command", opening: directory)
        let writer = TreeWriter(root, owner: keepsOwners ? nil : (0, 0), mode: nil)
        var path = directory
        for item in sources.items {
            if item.isDirectory {
                try writer.copy(item, from: sources.tree, to: [])
            } else {
                try writer.copy(item, from: sources.tree, to: Array("file".utf8))
                path = directory + "/file"
            }
        }
        try writer.finish()
        return path
    }

    /// WORKDIR's directory, made where it is missing: the user's, as BuildKit has it.
    func makeDirectory(_ path: String, user: String?, _ stack: LayerStack, upper: String) throws {
        let root = try views.writable(stack, upper: upper)
        var owner: (uid: UInt32, gid: UInt32) = (0, 0)
        if let user, !user.isEmpty {
            let resolved = try UserDatabase(root: root.root.number).resolve(user)
            owner = (resolved.uid, resolved.gid)
        }
        try TreeWriter(root, owner: owner, mode: nil).makeDirectory(Array(ImagePath.relative(path).utf8))
    }
}
