import Foundation
import Testing

@testable import ImageRuntime

@Suite struct UserDatabaseTests {
    static let database = UserDatabase(
        passwd: """
            root:x:0:0:root:/root:/bin/sh
            daemon:x:1:1::/:/bin/false
            web:x:33:33:web:/srv/web:/bin/sh
            # no entry
            broken:x:nine:9::/:
            33:x:500:501::/home/digits:
            web:x:999:999::/elsewhere:
            """.utf8,
        group: """
            root:x:0:
            adm:x:4:daemon,web
            web:x:33:
            www:x:44:web
            broken:x::web
            """.utf8)

    /// Each form of `config.User` is the numbers Docker makes of it.
    @Test(arguments: [
        ("", ResolvedUser(name: "root", home: "/root")),
        ("root", ResolvedUser(name: "root", home: "/root")),
        ("web", ResolvedUser(uid: 33, gid: 33, supplementaryGids: [4, 44], name: "web", home: "/srv/web")),
        ("web:", ResolvedUser(uid: 33, gid: 33, supplementaryGids: [4, 44], name: "web", home: "/srv/web")),
        ("web:adm", ResolvedUser(uid: 33, gid: 4, name: "web", home: "/srv/web")),
        ("web:77", ResolvedUser(uid: 33, gid: 77, name: "web", home: "/srv/web")),
        (":adm", ResolvedUser(gid: 4, name: "root", home: "/root")),
        // The name comes before the number it looks like.
        ("33", ResolvedUser(uid: 500, gid: 501, name: "33", home: "/home/digits")),
        ("500", ResolvedUser(uid: 500, gid: 501, name: "33", home: "/home/digits")),
        ("1", ResolvedUser(uid: 1, gid: 1, supplementaryGids: [4], name: "daemon", home: "/")),
        ("4242", ResolvedUser(uid: 4242)),
        ("4242:4243", ResolvedUser(uid: 4242, gid: 4243)),
    ])
    func formsOfUsers(text: String, expected: ResolvedUser) throws {
        #expect(try Self.database.resolve(text) == expected)
    }

    /// Who is in no file and is no number is nobody.
    @Test(arguments: [
        ("nobody", "user", "nobody"), ("web:none", "group", "none"), ("-1", "user", "-1"),
        ("2147483648", "user", "2147483648"), ("0:-1", "group", "-1"), ("broken", "user", "broken"),
    ])
    func unknownUsersAreRefused(text: String, kind: String, name: String) {
        #expect(throws: UserError(kind: kind, name: name)) { try Self.database.resolve(text) }
    }

    /// A copied file's owner: a number without a group is its own group's, a name has its own group.
    @Test(arguments: [
        ("55", 55, 55), ("55:4", 55, 4), ("web", 33, 33), ("web:adm", 33, 4), ("0:www", 0, 44), ("33", 33, 33),
    ])
    func owners(text: String, uid: UInt32, gid: UInt32) throws {
        let owner = try Self.database.owner(text)
        #expect(owner.uid == uid && owner.gid == gid)
    }

    @Test(arguments: ["", ":4", "web:", "nobody", "web:none"])
    func malformedOwnersAreRefused(text: String) {
        #expect(throws: UserError.self) { _ = try Self.database.owner(text) }
    }

    // MARK: - Files

    /// A scratch root file system, removed afterwards.
    private func withRoot(_ body: (URL) throws -> Void) throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "isolab-users-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: root) }
        try body(root)
    }

    private func write(_ text: String, _ path: String, in root: URL) throws {
        let file = root.appending(path: path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    /// A link in the image leads inside the image, never to the host's file of that name.
    @Test func linksStayInside() throws {
        try withRoot { root in
            try write("inside:x:7:8::/:\n", "real/passwd", in: root)
            try FileManager.default.createDirectory(
                at: root.appending(path: "etc"), withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: root.path + "/etc/passwd", withDestinationPath: "/real/passwd")
            try FileManager.default.createSymbolicLink(
                atPath: root.path + "/etc/group", withDestinationPath: "../../../../../../etc/group")
            let database = try UserDatabase(rootfs: root.path)
            #expect(database.users.map(\.name) == ["inside"])
            #expect(database.groups.isEmpty)
        }
    }

    /// An image without the files knows numbers only, and a FIFO in their place neither hangs nor counts.
    @Test func missingFilesAreEmpty() throws {
        try withRoot { root in
            #expect(try UserDatabase(rootfs: root.path) == .empty)
            try FileManager.default.createDirectory(
                at: root.appending(path: "etc"), withIntermediateDirectories: true)
            #expect(mkfifo(root.path + "/etc/passwd", 0o644) == 0)
            #expect(try UserDatabase(rootfs: root.path) == .empty)
        }
    }

    /// What an image ships in the place of its users is looked at, not opened: opening a device does what its driver does. The
    /// kernel tells who opens a file; of one that is regular it does.
    @Test(.enabled(if: geteuid() == 0, "only root makes devices"))
    func devicesAreNotOpened() throws {
        try withRoot { root in
            try FileManager.default.createDirectory(
                at: root.appending(path: "etc"), withIntermediateDirectories: true)
            for name in ["passwd", "group"] {
                let path = "\(root.path)/etc/\(name)"
                for kind in [S_IFCHR, S_IFBLK, S_IFIFO, S_IFREG] {
                    // /dev/zero, and a loop device that is none.
                    let device = kind == S_IFCHR ? 0x105 : kind == S_IFBLK ? 0x7FF : 0
                    #expect(mknod(path, kind | 0o644, dev_t(device)) == 0)
                    if kind == S_IFREG { try Data("#\n".utf8).write(to: URL(filePath: path)) }
                    let watch = inotify_init1(Int32(IN_NONBLOCK))
                    defer { close(watch) }
                    #expect(inotify_add_watch(watch, path, UInt32(IN_OPEN)) > 0)
                    #expect(try UserDatabase(rootfs: root.path) == .empty)
                    var event = [UInt8](repeating: 0, count: 4096)
                    let isOpened = read(watch, &event, event.count) > 0
                    #expect(isOpened == (kind == S_IFREG), "\(name) of kind \(kind)")
                    #expect(unlink(path) == 0)
                }
            }
        }
    }

    /// Of layers side by side the uppermost that has the file speaks.
    @Test func uppermostLayerSpeaks() throws {
        try withRoot { root in
            try write("lower:x:1:1::/:\n", "a/etc/passwd", in: root)
            try write("lower:x:1:\n", "a/etc/group", in: root)
            try write("upper:x:2:2::/:\n", "b/etc/passwd", in: root)
            let database = try UserDatabase(layers: [root.path + "/b", root.path + "/a"])
            #expect(database.users.map(\.name) == ["upper"])
            #expect(database.groups.map(\.name) == ["lower"])
        }
    }

    /// A link in one layer leads to a file of another, and up and absolutely as in the container.
    @Test(arguments: ["/nix/passwd", "../nix/passwd", "../../../nix/passwd", "/linked/passwd"])
    func linksAcrossLayers(target: String) throws {
        try withRoot { root in
            try write("there:x:5000:5000::/:\n", "a/nix/passwd", in: root)
            try write("", "b/etc/motd", in: root)
            let files = FileManager.default
            try files.createSymbolicLink(atPath: root.path + "/b/etc/passwd", withDestinationPath: target)
            try files.createSymbolicLink(atPath: root.path + "/b/linked", withDestinationPath: "nix")
            #expect(try UserDatabase(layers: [root.path + "/b", root.path + "/a"]).users.map(\.name) == ["there"])
        }
    }

    /// A link to itself is no file, and one to the host's is one of the image's.
    @Test func linksThatLeadNowhere() throws {
        try withRoot { root in
            try write("", "a/etc/motd", in: root)
            let files = FileManager.default
            try files.createSymbolicLink(atPath: root.path + "/a/etc/passwd", withDestinationPath: "passwd")
            try files.createSymbolicLink(
                atPath: root.path + "/a/etc/group", withDestinationPath: "../../../../../../../etc/group")
            #expect(try UserDatabase(layers: [root.path + "/a"]) == .empty)
        }
    }

    /// A directory of a higher layer merges with those below, unless something else stands between.
    @Test func directoriesMerge() throws {
        try withRoot { root in
            try write("lower:x:1:1::/:\n", "a/etc/passwd", in: root)
            try write("", "b/etc/motd", in: root)
            #expect(try UserDatabase(layers: [root.path + "/b", root.path + "/a"]).users.map(\.name) == ["lower"])
            try write("no directory", "c/etc", in: root)
            try write("", "d/etc/motd", in: root)
            let layers = ["d", "c", "a"].map { "\(root.path)/\($0)" }
            #expect(try UserDatabase(layers: layers).users.isEmpty)
        }
    }

    /// A device that an image ships in the file's place is not opened: the host has no rule of devices. Opening this one would
    /// succeed, and reading it never end.
    @Test(.enabled(if: geteuid() == 0, "only root makes devices")) func devicesInLayersAreNotOpened() throws {
        try withRoot { root in
            try write("", "a/etc/motd", in: root)
            #expect(mknod(root.path + "/a/etc/passwd", S_IFCHR | 0o644, 1 << 8 | 5) == 0)
            #expect(try UserDatabase(layers: [root.path + "/a"]).users.isEmpty)
        }
    }

    /// A whiteout removes what is below it.
    @Test(.enabled(if: geteuid() == 0, "a whiteout is a device, which only root makes"))
    func whiteoutRemoves() throws {
        try withRoot { root in
            try write("lower:x:1:1::/:\n", "a/etc/passwd", in: root)
            try write("", "b/etc/motd", in: root)
            #expect(mknod(root.path + "/b/etc/passwd", S_IFCHR, 0) == 0)
            #expect(try UserDatabase(layers: [root.path + "/b", root.path + "/a"]).users.isEmpty)
        }
    }
}
