import Content
import Glibc
import Linux
import OCI

/// What the engine knows of the containers of one data directory, on disk: what people gave them, and what became of them. What the
/// kernel has of one that runs is the runtime's to know (`ContainerStore`).
///
/// `<id>/record.json` says what a container is; `names/<name>` is a link to it, so that a name is given once; and
/// `live/<id>` is locked by the process that looks after the container, as long as that lives: what is there and not locked
/// was left by one that was killed.
struct ContainerRecords: Sendable {
    let path: String

    init(path: String) throws(SystemError) {
        self.path = path
        if !SystemFile.exists(path + "/live") {
            try StandardDirectories.claim(path)
            try SystemFile.makeDirectories(path + "/names", mode: 0o700)
            try SystemFile.makeDirectories(path + "/live", mode: 0o700)
        }
        try StandardDirectories.close(path)
    }

    func directory(_ id: String) -> String { "\(path)/\(id)" }

    // MARK: - Making and removing

    /// Makes a container's directory, record and name, and looks after it from here on.
    ///
    /// - Parameter name: nil: one is found, and written into the record.
    func add(_ container: inout StoredContainer, named name: String?) throws -> Claim {
        let care = try begin(container.id)
        do {
            if mkdir(directory(container.id), 0o700) != 0 { throw SystemError("mkdir", directory(container.id)) }
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

    /// Writes down what a container is made with, so that it can be started again.
    func keep(_ configuration: RuntimeConfiguration, of id: String) throws(SystemError) {
        try SystemFile.replace(directory(id) + "/config.json", with: configuration.json(indented: false))
    }

    /// - Throws: `ConfigurationError` or `SystemError`; ENOENT for one of an older version, or of a command that was killed early.
    func configuration(of id: String) throws -> RuntimeConfiguration {
        try RuntimeConfiguration(json: try SystemFile.bytes(of: directory(id) + "/config.json"))
    }

    /// Gives a container another name.
    func rename(_ container: inout StoredContainer, to name: String) throws {
        let former = container.name
        guard name != former else { return }
        guard try claim(name, for: container.id) else {
            throw EngineError.nameTaken(name, by: owner(of: name) ?? "another")
        }
        container.name = name
        do { try write(container) } catch {
            unlink("\(path)/names/\(name)")
            throw error
        }
        if owner(of: former) == container.id { unlink("\(path)/names/\(former)") }
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

    // MARK: - Claims

    /// The right and the duty to look after a container.
    struct Claim: ~Copyable {
        private let file: OwnedDescriptor
        fileprivate init(file: consuming OwnedDescriptor) { self.file = file }

        /// Of a program before this one in the same process, whose it was.
        init(inherited descriptor: Int32) { file = OwnedDescriptor(owning: descriptor) }

        /// The lock's descriptor, for a process that looks after the container from here on.
        var number: Int32 { file.number }
    }

    /// Looks after a new container. Locked before it has its name, so that nobody takes it for one left behind.
    func begin(_ id: String) throws(SystemError) -> Claim {
        let aside = "\(path)/live/new-\(id)"
        let file = try lockedFile(aside)
        if Glibc.rename(aside, "\(path)/live/\(id)") != 0 { throw SystemError("rename", aside) }
        return Claim(file: file)
    }

    /// Looks after a container that is there already and has ended, or never ran.
    ///
    /// - Returns: nil where another process looks after it, or it was left behind by one.
    func resume(_ id: String) throws(SystemError) -> Claim? {
        let aside = "\(path)/live/new-\(id)-\(RandomName.make())"
        let file = try lockedFile(aside)
        defer { unlink(aside) }
        // Locked before it has its name, so that nobody takes it for one left behind.
        if link(aside, "\(path)/live/\(id)") != 0 {
            guard errno == EEXIST else { throw SystemError("link", aside) }
            return nil
        }
        return Claim(file: file)
    }

    /// A new file that this process has locked. Another one that sweeps can have it for a moment before.
    private func lockedFile(_ name: String) throws(SystemError) -> OwnedDescriptor {
        while true {
            let file: OwnedDescriptor
            do throws(SystemError) {
                file = try OwnedDescriptor(opening: name, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
            } catch {
                guard error.errno == EEXIST else { throw error }
                unlink(name)
                continue
            }
            var status = stat()
            if flock(file.number, LOCK_EX | LOCK_NB) == 0, fstat(file.number, &status) == 0, status.st_nlink > 0 {
                return file
            }
        }
    }

    /// Removes what commands left that were killed before they looked after anything.
    func sweep() {
        for name in (try? SystemFile.names(in: path + "/live")) ?? [] where name.starts("new-") {
            guard let file = try? OwnedDescriptor(opening: "\(path)/live/\(name)", O_RDWR),
                flock(file.number, LOCK_EX | LOCK_NB) == 0
            else { continue }
            unlink("\(path)/live/\(name)")
        }
    }

    /// Looks after a container that was left behind; nil where another process does, or it is gone.
    func takeOver(_ id: String) -> Claim? {
        guard let file = try? OwnedDescriptor(opening: "\(path)/live/\(id)", O_RDWR),
            flock(file.number, LOCK_EX | LOCK_NB) == 0, SystemFile.exists("\(path)/live/\(id)")
        else { return nil }
        return Claim(file: file)
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

    /// Whether a process looks after it, or somebody should: what it has may still be in use.
    func isLive(_ id: String) -> Bool { SystemFile.exists("\(path)/live/\(id)") }
}
