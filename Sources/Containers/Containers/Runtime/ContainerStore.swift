import Glibc
public import Linux
public import OCI

/// Where a runtime keeps what it knows of what the kernel has: a directory with one directory a container. Names, images and ends are its
/// caller's to keep, if any (`ContainerRecords` of Engine).
public struct ContainerStore: Sendable {
    public let path: String

    /// - Parameter path: made where it is missing (`--root`).
    public init(path: String) throws(SystemError) {
        self.path = path
        try StandardDirectories.claim(path)
    }

    /// The directory of a container, whether it is there or not.
    public func directory(of id: ContainerIdentifier) -> ContainerDirectory {
        ContainerDirectory(path: "\(path)/\(id)", id: id.description)
    }

    /// Makes a container's directory: whoever makes it has the name. It is there at once with its first record and in the hands of
    /// its maker, so that nobody takes for dead what is about to come to life.
    func claim(
        _ id: ContainerIdentifier, _ record: ContainerRecord, configuration: [UInt8]
    ) throws -> ContainerLock {
        let target = directory(of: id)
        let taken = RuntimeError(
            "create", id.description, "a container with this name exists", advice: "delete it, or choose another name")
        guard !target.exists else { throw taken }
        sweep()
        let place = ContainerDirectory(
            path: "\(path)/\(Self.unfinished)\(RandomName.make())", id: id.description)
        guard mkdir(place.path, 0o711) == 0 else { throw SystemError("mkdir", place.path) }
        do {
            let lock = try place.lock()
            try SystemFile.replace(place.configurationPath, with: configuration)
            try place.write(record)
            if rename(place.path, target.path) == 0 { return lock }
            guard errno == EEXIST || errno == ENOTEMPTY else { throw SystemError("rename", target.path) }
            throw taken
        } catch {
            try? place.remove()
            throw error
        }
    }

    /// What the name of a directory begins with that is no container's yet; no container's name can.
    private static let unfinished = ","
    /// Seconds after which nobody is still about to fill one.
    private static let patience = 60

    /// Removes what makers left that were killed before their container was there.
    private func sweep() {
        for name in (try? SystemFile.names(in: path)) ?? [] where name.starts(Self.unfinished) {
            let place = ContainerDirectory(path: "\(path)/\(name)", id: name)
            var status = stat()
            guard lstat(place.path, &status) == 0, time(nil) - status.st_mtim.tv_sec > Self.patience,
                let lock = try? place.lock(within: 0)
            else { continue }
            try? place.remove()
            _ = consume lock
        }
    }

    /// Every container, by name; what is no container's directory is passed over.
    public func containers() throws(SystemError) -> [ContainerDirectory] {
        try SystemFile.names(in: path).compactMap { try? ContainerIdentifier($0) }.map { directory(of: $0) }
            .filter { $0.exists }
    }
}

/// One container's directory: its record, its configuration as it was, the FIFOs of its start.
public struct ContainerDirectory: Sendable {
    public let path: String
    public let id: String

    var exists: Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    var recordPath: String { path + "/container.json" }
    private var nextRecordPath: String { recordPath + ".new" }
    var configurationPath: String { path + "/config.json" }
    /// One byte written to it lets a created container start.
    var startPath: String { path + "/start" }
    /// What a start that failed says of itself; its end says that the program runs.
    var reportPath: String { path + "/report" }

    // MARK: - Record

    func write(_ record: ContainerRecord) throws(SystemError) {
        try prepare(record)
        try publishRecord()
    }

    /// Writes the next record beside the one that is valid.
    func prepare(_ record: ContainerRecord) throws(SystemError) {
        let file = try newRecord()
        try SystemFile.write(record.json(), to: file.number, nextRecordPath)
    }

    /// The name is always the same, so that `remove` knows it; what a killed command left under it goes, whatever it is.
    private func newRecord() throws(SystemError) -> OwnedDescriptor {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
        do throws(SystemError) { return try OwnedDescriptor(opening: nextRecordPath, flags, mode: 0o600) } catch {
            guard error.errno == EEXIST else { throw error }
            if unlink(nextRecordPath) != 0, errno != ENOENT { throw SystemError("unlink", nextRecordPath) }
            return try OwnedDescriptor(opening: nextRecordPath, flags, mode: 0o600)
        }
    }

    /// Puts the next record in place of the valid one, whole or not at all.
    func publishRecord() throws(SystemError) {
        if rename(nextRecordPath, recordPath) != 0 { throw SystemError("rename", nextRecordPath) }
    }

    /// Nil where it was claimed and its maker died before the first word.
    public func record() throws -> ContainerRecord? {
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try SystemFile.bytes(of: recordPath) } catch {
            if error.errno == ENOENT { return nil }
            throw error
        }
        do throws(ConfigurationError) { return try ContainerRecord(json: bytes) } catch {
            throw RuntimeError("read", id, "\(path)/\(error)", advice: "`delete --force` removes it anyway")
        }
    }

    public func configuration() throws -> RuntimeConfiguration {
        try RuntimeConfiguration(json: try SystemFile.bytes(of: configurationPath))
    }

    // MARK: - Lock

    /// Waits until no other command changes the container. Released when the value goes, or its process.
    ///
    /// - Parameter limit: milliseconds to wait at most; nil: as long as it takes.
    func lock(within limit: UInt32? = nil) throws(SystemError) -> ContainerLock {
        let file = try OwnedDescriptor(opening: path + "/lock", O_RDWR | O_CREAT, mode: 0o600)
        if let limit {
            let step: UInt32 = 10
            var waited: UInt32 = 0
            while flock(file.number, LOCK_EX | LOCK_NB) != 0 {
                guard errno == EWOULDBLOCK || errno == EINTR else { throw SystemError("flock", path) }
                guard waited < limit else {
                    throw SystemError(
                        "lock", path, errno: EWOULDBLOCK, advice: "another command is still working on the container")
                }
                usleep(step * 1000)
                waited += step
            }
        } else {
            try retryingOnInterrupt("flock", path) { flock(file.number, LOCK_EX) }
        }
        // Somebody may have deleted the container, and another made one of its name, while we waited.
        var held = stat()
        var present = stat()
        guard fstat(file.number, &held) == 0, stat(path + "/lock", &present) == 0, held.st_ino == present.st_ino else {
            throw SystemError("lock", path, errno: ENOENT)
        }
        return ContainerLock(file: file)
    }

    // MARK: - Start

    func makeFIFOs() throws(SystemError) {
        for fifo in [startPath, reportPath] where mkfifo(fifo, 0o600) != 0 { throw SystemError("mkfifo", fifo) }
    }

    /// Whether somebody waits for the start: only the container's first process, before its program, has it open.
    var waitsForStart: Bool {
        let descriptor = open(startPath, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        close(descriptor)
        return true
    }

    // MARK: - Removal

    /// The record goes last but for the directory: as long as it is there, the container can be deleted again.
    func remove() throws(SystemError) {
        for file in [startPath, reportPath, configurationPath, recordPath, nextRecordPath, path + "/lock"] {
            if unlink(file) != 0, errno != ENOENT { throw SystemError("unlink", file) }
        }
        for name in (try? SystemFile.names(in: path)) ?? [] { unlink("\(path)/\(name)") }
        if rmdir(path) != 0, errno != ENOENT { throw SystemError("rmdir", path) }
    }
}

/// The right to change a container, held by one command at a time.
struct ContainerLock: ~Copyable {
    let file: OwnedDescriptor
}
