private import Glibc
internal import Linux

/// The distribution's kernel package for guests, fetched without installing it.
///
/// Concurrent fetches wait for each other on a lock; a package is unpacked aside and renamed into place, so a half
/// fetched one is never seen.
enum KernelPackage {
    /// Packages that depend on the kernel of the day, the smallest kernels first: Debian's and Ubuntu's for clouds, then
    /// the general ones.
    static let metapackages = [
        "linux-image-cloud-amd64", "linux-image-virtual", "linux-image-kvm", "linux-image-amd64", "linux-image-generic",
    ]

    /// The bzImage fetched last.
    static func newestFetched(cache: Cache) -> String? {
        let directory = cache.path("kernel/packages")
        return ((try? SystemFile.names(in: directory)) ?? []).filter { !$0.hasPrefix(".") }
            .compactMap { name -> (path: String, time: Int)? in
                var information = stat()
                let path = "\(directory)/\(name)/vmlinuz"
                guard stat(path, &information) == 0 else { return nil }
                return (path, information.st_mtim.tv_sec)
            }
            .max { $0.time < $1.time }?.path
    }

    /// Downloads the package and takes the bzImage out of it.
    ///
    /// - Parameter environment: whose PATH finds apt-get, apt-cache and dpkg-deb; this process's own where `nil`.
    static func fetch(cache: Cache, environment: [String]? = nil) throws(KernelError) -> String {
        do {
            let directory = cache.path("kernel/packages")
            try SystemFile.makeDirectories(directory)
            let lock = try OwnedDescriptor(opening: directory + "/.lock", O_RDWR | O_CREAT)
            try retryingOnInterrupt("flock", directory + "/.lock") { flock(lock.number, LOCK_EX) }
            // Whoever held the lock may have fetched it.
            if let fetched = newestFetched(cache: cache) { return fetched }
            removeAbandoned(in: directory)
            return try fetch(into: directory, environment)
        } catch let error as SystemError {
            throw .system(error)
        } catch let error as KernelError {
            throw error
        } catch {
            throw .fetchFailed(package: metapackages[0], output: "\(error)")
        }
    }

    /// The directory of the modules that belong to a fetched bzImage.
    static func modules(besides image: String, _ selection: ModuleSelection = .guests) -> String {
        image[..<(image.lastIndex(of: "/") ?? image.startIndex)] + "/" + selection.directory
    }

    /// Fetches a package once more for its modules, where its bzImage was kept without them.
    static func fetchModules(
        besides image: String, cache: Cache, _ selection: ModuleSelection = .guests
    ) throws(KernelError) {
        let directory = cache.path("kernel/packages")
        let words = image.split(separator: "/")
        let package = words.count > 1 ? String(words[words.count - 2]) : ""
        do {
            let lock = try OwnedDescriptor(opening: directory + "/.lock", O_RDWR | O_CREAT)
            try retryingOnInterrupt("flock", directory + "/.lock") { flock(lock.number, LOCK_EX) }
            guard access(modules(besides: image, selection), R_OK) != 0 else { return }
            let scratch = "\(directory)/.\(package).\(getpid()).part"
            defer { try? TreeRemoval.remove(scratch) }
            try unpack(package, in: scratch, nil)
            try keep(selection, of: scratch + "/tree", in: scratch + "/modules")
            try retryingOnInterrupt("rename", modules(besides: image, selection)) {
                rename(scratch + "/modules", modules(besides: image, selection))
            }
        } catch let error as SystemError {
            throw .system(error)
        } catch let error as KernelError {
            throw error
        } catch {
            throw .fetchFailed(package: package, output: "\(error)")
        }
    }

    private static func fetch(into directory: String, _ environment: [String]?) throws -> String {
        var refusals: [String] = []
        for metapackage in metapackages {
            guard let package = try dependency(of: metapackage, environment) else {
                refusals.append("\(metapackage) is not known to apt")
                continue
            }
            let scratch = "\(directory)/.\(package).\(getpid()).part"
            defer { try? TreeRemoval.remove(scratch) }
            try unpack(package, in: scratch, environment)
            let names = (try? SystemFile.names(in: scratch + "/tree/boot")) ?? []
            guard let image = names.first(where: { $0.hasPrefix("vmlinuz") })
            else {
                throw KernelError.fetchFailed(package: package, output: "it holds no /boot/vmlinuz")
            }
            try SystemFile.makeDirectories(scratch + "/ready")
            let final = "\(directory)/\(package)"
            // The bytes are copied, not moved, so that the time of the file is the time of the fetch.
            let bytes = try SystemFile.bytes(of: "\(scratch)/tree/boot/\(image)")
            try WholeFile.replace(scratch + "/ready/vmlinuz", with: bytes)
            try keep(.guests, of: scratch + "/tree", in: "\(scratch)/ready/\(ModuleSelection.guests.directory)")
            try retryingOnInterrupt("rename", final) { rename(scratch + "/ready", final) }
            return final + "/vmlinuz"
        }
        throw KernelError.noneFound(tried: refusals)
    }

    /// Downloads a package and unpacks it into `tree` below a directory of its own.
    private static func unpack(_ package: String, in scratch: String, _ environment: [String]?) throws {
        try SystemFile.makeDirectories(scratch)
        // Root of a user namespace with one id cannot become the user that apt downloads as.
        let user = StandardDirectories.isHostRoot ? [] : ["-o", "APT::Sandbox::User=root"]
        let download = try HostProgram.run(
            "apt-get", user + ["download", package], directory: scratch, environment: environment)
        let names = (try? SystemFile.names(in: scratch)) ?? []
        guard download.status == 0, let archive = names.first(where: { $0.hasSuffix(".deb") })
        else {
            throw KernelError.fetchFailed(package: package, output: download.errorText)
        }
        let unpacking = try HostProgram.run(
            "dpkg-deb", ["-x", "\(scratch)/\(archive)", "\(scratch)/tree"], environment: environment)
        guard unpacking.status == 0 else {
            throw KernelError.fetchFailed(package: package, output: unpacking.errorText)
        }
    }

    /// Keeps what is wanted of a package's modules: a few hundred kilobytes of a hundred megabytes.
    private static func keep(_ selection: ModuleSelection, of tree: String, in directory: String) throws {
        try SystemFile.makeDirectories(directory)
        for module in try KernelModules(directory: tree).load(selection.names) {
            try WholeFile.replace("\(directory)/\(module.name).ko", with: module.content)
        }
    }

    /// What a metapackage depends on: the kernel's own package.
    private static func dependency(of metapackage: String, _ environment: [String]?) throws -> String? {
        let answer = try HostProgram.run(
            "apt-cache", ["depends", "--important", metapackage], environment: environment)
        guard answer.status == 0 else { return nil }
        return dependency(inAnswer: String(decoding: answer.output, as: UTF8.self))
    }

    /// The first `Depends: linux-image-…` of an answer of apt-cache.
    static func dependency(inAnswer text: String) -> String? {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == "Depends:", words[1].hasPrefix("linux-image-") { return String(words[1]) }
        }
        return nil
    }

    /// Removes what a killed fetch left behind; the lock is held.
    private static func removeAbandoned(in directory: String) {
        for name in (try? SystemFile.names(in: directory)) ?? [] where name.hasSuffix(".part") {
            try? TreeRemoval.remove("\(directory)/\(name)")
        }
    }
}
