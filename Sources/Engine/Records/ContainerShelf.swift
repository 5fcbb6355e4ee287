import Content
import Glibc
import Linux

/// The containers of one data directory, on disk.
///
/// `<id>/record.json` says what a container is; `names/<name>` is a link to it, so that a name is given once; and
/// `live/<id>` is locked by the process that looks after the container, as long as that lives: what is there and not locked
/// was left by one that was killed.
struct ContainerShelf: Sendable {
    let path: String

    init(path: String) throws(SystemError) {
        self.path = path
        if !SystemFile.exists(path + "/live") {
            try StandardDirectories.claim(path)
            try SystemFile.makeDirectories(path + "/names", mode: 0o700)
            try SystemFile.makeDirectories(path + "/live", mode: 0o700)
        }
    }

    func directory(_ id: String) -> String { "\(path)/\(id)" }

    // MARK: - Making and removing

    /// Makes a container's directory, record and name, and looks after it from here on.
    ///
    /// - Parameter name: nil: one is found, and written into the record.
    func add(_ container: inout StoredContainer, named name: String?) throws -> Care {
        let care = try begin(container.id)
        do {
            if mkdir(directory(container.id), 0o711) != 0 { throw SystemError("mkdir", directory(container.id)) }
            var attempt = 0
            while true {
                container.name = name ?? ContainerName.random(attempt: attempt)
                try write(container)
                if try claim(container.name, for: container.id) { return care }
                if let name, let owner = owner(of: name) { throw EngineError.nameTaken(name, by: owner) }
                attempt += 1
            }
        } catch {
            try? remove(container.id, name: nil)
            throw error
        }
    }

    func write(_ container: StoredContainer) throws(SystemError) {
        try SystemFile.replace(directory(container.id) + "/record.json", with: container.json())
    }

    /// - Returns: whether the name is this container's now.
    private func claim(_ name: String, for id: String) throws(SystemError) -> Bool {
        let link = "\(path)/names/\(name)"
        for _ in 0..<2 {
            if symlink("../\(id)", link) == 0 { return true }
            guard errno == EEXIST else { throw SystemError("symlink", link) }
            // One that was killed between its name and the rest has no directory any more.
            guard let owner = owner(of: name), !SystemFile.exists(directory(owner)) else { return false }
            unlink(link)
        }
        return false
    }

    /// Whose a name is.
    func owner(of name: String) -> String? {
        guard RunOptions.isName(name), let target = try? Procfs.readLink("\(path)/names/\(name)"),
            target.starts("../")
        else { return nil }
        let id = String(target.dropFirst(3))
        return ContainerName.isIdentifier(id) ? id : nil
    }

    /// Removes record, name and directory; the name first, so that it never leads nowhere for long.
    func remove(_ id: String, name: String?) throws(SystemError) {
        if let name, owner(of: name) == id { unlink("\(path)/names/\(name)") }
        for file in (try? SystemFile.names(in: directory(id))) ?? [] { unlink("\(directory(id))/\(file)") }
        if rmdir(directory(id)) != 0, errno != ENOENT { throw SystemError("rmdir", directory(id)) }
        unlink("\(path)/live/\(id)")
    }

    // MARK: - Finding

    /// Nil where there is none, or its record cannot be read.
    func container(_ id: String) -> StoredContainer? {
        guard let bytes = try? SystemFile.bytes(of: directory(id) + "/record.json") else { return nil }
        return try? StoredContainer(json: bytes)
    }

    var identifiers: [String] {
        get throws(SystemError) { try SystemFile.names(in: path).filter(ContainerName.isIdentifier) }
    }

    /// The container of a name, an identifier or its beginning.
    func find(_ text: String) throws -> StoredContainer {
        if let id = owner(of: text), let container = container(id) { return container }
        if !text.isEmpty, text.utf8.count <= 64,
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        {
            let found = try identifiers.filter { $0.starts(text) }
            if found.count > 1 { throw EngineError.ambiguous(text, candidates: found) }
            if let id = found.first, let container = container(id) { return container }
        }
        throw EngineError.unknown(text)
    }

    // MARK: - Care

    /// The right and the duty to look after a container.
    struct Care: ~Copyable {
        private let file: OwnedDescriptor
        fileprivate init(file: consuming OwnedDescriptor) { self.file = file }
    }

    /// Looks after a new container. Locked before it has its name, so that nobody takes it for one left behind.
    private func begin(_ id: String) throws(SystemError) -> Care {
        let aside = "\(path)/live/new-\(id)"
        let file = try OwnedDescriptor(opening: aside, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
        try retryingOnInterrupt("flock", aside) { flock(file.number, LOCK_EX | LOCK_NB) }
        if rename(aside, "\(path)/live/\(id)") != 0 { throw SystemError("rename", aside) }
        return Care(file: file)
    }

    /// Looks after a container that was left behind; nil where another process does, or it is gone.
    func takeOver(_ id: String) -> Care? {
        guard let file = try? OwnedDescriptor(opening: "\(path)/live/\(id)", O_RDWR),
            flock(file.number, LOCK_EX | LOCK_NB) == 0, SystemFile.exists("\(path)/live/\(id)")
        else { return nil }
        return Care(file: file)
    }

    /// Nobody has to look after it any more; the container stays.
    func end(_ id: String) { unlink("\(path)/live/\(id)") }

    /// Containers that somebody should look after, and nobody does.
    func orphans() throws(SystemError) -> [String] {
        try SystemFile.names(in: path + "/live").filter { id in
            guard ContainerName.isIdentifier(id),
                let file = try? OwnedDescriptor(opening: "\(path)/live/\(id)", O_RDWR)
            else { return false }
            return flock(file.number, LOCK_SH | LOCK_NB) == 0
        }
    }

    /// Whether a process looks after it.
    func isLookedAfter(_ id: String) -> Bool {
        guard let file = try? OwnedDescriptor(opening: "\(path)/live/\(id)", O_RDWR) else { return false }
        return flock(file.number, LOCK_SH | LOCK_NB) != 0
    }
}
