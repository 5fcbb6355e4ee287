import Glibc
import Linux

@testable import Machines

/// A whole Debian on a disk, with systemd and the newest QEMU and libvirt that the package sources offer; made once by mmdebstrap
/// and kept under the digest of what it is made of.
struct DistributionImage {
    /// The suites to try, the newest first: testing and stable as this was written, and the one before.
    static let suites = ["forky", "trixie", "bookworm"]

    static let canMake = DiskFormat.erofs.isAvailable && ProcessPlan.path(of: "mmdebstrap") != nil

    let suite: String
    let path: String

    /// None of the suites could be had.
    struct Unreachable: Error, CustomStringConvertible {
        let description: String
    }

    private static func packages(_ suite: String) -> [String] {
        // Until Debian 12 the engine's package had its command, too.
        packages + (suite == "bookworm" ? [] : ["docker-cli"])
    }

    private static let packages = [
        "systemd", "systemd-sysv", "systemd-container", "libpam-systemd", "dbus", "dbus-user-session", "passwd",
        "uidmap", "podman", "docker.io",
        "libvirt-daemon-driver-qemu", "qemu-system-x86", "busybox-static", "procps", "mount", "libstdc++6",
    ]

    /// What is given to mmdebstrap beside suite, target and mirror.
    private static func arguments(_ suite: String) -> [String] {
        let unread = ["doc", "man", "locale", "info"].map { "--dpkgopt=path-exclude=/usr/share/\($0)/*" }
        return [
            "--mode=root", "--variant=essential", "--format=directory",
            "--include=\(packages(suite).joined(separator: ","))",
        ]
            + unread + ["--aptopt=Acquire::Languages \"none\""]
    }

    /// The newest that is kept or can be made.
    ///
    /// - Throws: `Unreachable`, with why each could not be had.
    static func find(in cache: Cache = Cache()) throws -> DistributionImage {
        var reasons: [String] = []
        let paths = try suites.map { try path(of: $0, cache) }
        for (suite, path) in zip(suites, paths) {
            do {
                let path = try PackedFile.find(path) { _, aside throws(Unreachable) in
                    try make(suite, aside)
                } failed: {
                    Unreachable(description: "\($0)")
                }
                return DistributionImage(suite: suite, path: path)
            } catch {
                print("  no \(suite): \(error)")
                reasons.append("\(suite): \(error)")
            }
        }
        throw Unreachable(description: reasons.joined(separator: "; "))
    }

    private static func path(of suite: String, _ cache: Cache) throws -> String {
        let recipe = ([suite] + arguments(suite)).joined(separator: "\n")
        let digest = try HostProgram.run("sha256sum", [], input: Array(recipe.utf8)).text.prefix(16)
        return cache.path("distributions/\(suite).\(digest).erofs")
    }

    private static func make(_ suite: String, _ path: String) throws(Unreachable) {
        do {
            guard let mirror = try mirror() else {
                throw Unreachable(description: "no package source of Debian's here")
            }
            let place = path + ".tree"
            try? TreeRemoval.remove(place)
            defer { try? TreeRemoval.remove(place) }
            print(
                "  making a disk of Debian \(suite) with systemd, QEMU and libvirt from \(mirror); this takes a minute or two"
            )
            fflush(nil)
            var arguments = arguments(suite)
            // Whoever keeps this host decides how old a list of packages may be.
            let dates = try HostProgram.run("apt-config", ["shell", "check", "Acquire::Check-Valid-Until/b"])
            if dates.text.contains("check='false'") {
                arguments.append("--aptopt=Acquire::Check-Valid-Until \"false\"")
            }
            let making = try HostProgram.run(
                "timeout", ["--kill-after=10", "300", "mmdebstrap"] + arguments + [suite, place, mirror])
            guard making.status == 0 else { throw Unreachable(description: "mmdebstrap: \(making.lastWords)") }
            try DiskImage(layers: [place], format: .erofs).write(to: path)
        } catch let unreachable as Unreachable {
            throw unreachable
        } catch {
            throw Unreachable(description: "\(error)")
        }
    }

    /// Where this host itself has Debian's packages from.
    private static func mirror() throws -> String? {
        let targets = try HostProgram.run(
            "apt-get", ["indextargets", "--format", "$(ORIGIN) $(SUITE) $(REPO_URI)", "Created-By: Packages"])
        for line in targets.text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 3, words[0] == "Debian", !words[1].hasSuffix("-security") { return String(words[2]) }
        }
        return nil
    }
}

extension HostProgram.Output {
    /// The end of what it complained of.
    var lastWords: String {
        String(decoding: errors, as: UTF8.self).split(separator: "\n").suffix(4).joined(separator: " / ")
    }
}
