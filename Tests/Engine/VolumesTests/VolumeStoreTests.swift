import Glibc
import Linux
import TestSupport
import Testing

@testable import Volumes

/// Volumes on disk: their names, what comes into them, and what killed processes leave.
@Suite struct VolumeStoreTests {
    private let directory: TemporaryDirectory
    private let store: VolumeStore

    init() throws {
        directory = try TemporaryDirectory()
        store = VolumeStore(path: directory.path + "/volumes")
    }

    @discardableResult
    private func create(_ name: String?, isAnonymous: Bool = false) throws -> Volume {
        try store.change().create(name, isAnonymous: isAnonymous).volume
    }

    private func write(_ text: String, to path: String) throws { try SystemFile.replace(path, with: Array(text.utf8)) }

    @Test(arguments: [
        ("data", true), ("a.b-c_d", true), ("0x", true), ("a", false), ("", false), ("-a", false), (".a", false),
        ("a/b", false), ("..", false), ("a b", false), ("ä1", false), ("a\n", false), ("a:b", false),
    ])
    func names(text: String, isName: Bool) { #expect(VolumeName.isName(text) == isName) }

    /// Nothing is on disk before there is a volume; one is found by its name, its identifier and the beginning of that.
    @Test func finding() throws {
        #expect(try store.volumes().isEmpty)
        #expect(!SystemFile.exists(store.path))
        #expect(throws: VolumeError.unknown("data")) { try store.find("data") }
        let volume = try create("data")
        #expect(try store.find("data") == volume && store.find(volume.id) == volume)
        #expect(try store.find(String(volume.id.prefix(7))) == volume)
        #expect(try create("data") == volume, "one that is there is answered as it is")
        let nameless = try create(nil, isAnonymous: true)
        #expect(nameless.name == nameless.id && nameless.isAnonymous)
        #expect(try store.volumes().map(\.name).sorted() == ["data", nameless.id].sorted())
        #expect(throws: VolumeError.malformedName("a/b")) { try create("a/b") }
        #expect(throws: VolumeError.nameTaken(volume.id)) { try create(volume.id) }
        var status = stat()
        #expect(stat(store.path, &status) == 0 && status.st_mode & 0o077 == 0, "others may look into it")
    }

    /// The identifier stays; the old name is free at once, and a taken one is refused.
    @Test func renaming() throws {
        let (first, second) = (try create("first"), try create("second"))
        #expect(throws: VolumeError.nameTaken("second")) { try store.change().rename(first, to: "second") }
        try store.change().rename(first, to: "third")
        #expect(try store.find("third").id == first.id && store.named("first") == nil)
        #expect(try create("first").id != first.id)
        try store.change().remove(second.id, name: second.name)
        try store.change().rename(store.find("third"), to: "second")
        #expect(try store.find("second").id == first.id)
    }

    /// What a creation, a removal and a renaming that were killed between two steps leave in the list of names, the next change takes away.
    /// Naive: it stays for ever.
    @Test(arguments: ["new", "gone", "none"]) func brokenOffLinks(left: String) throws {
        let volume = try create("data")
        // As many links as volumes, where some of these have none: counting them says nothing.
        if left != "none" { for _ in 0..<2 { try create(nil) } }
        #expect(symlink("../" + String(repeating: "0", count: 64), store.path + "/names/gone") == 0)
        #expect(symlink("../\(volume.id)", store.path + "/names/renamed") == 0)
        if left != "none" { try SystemFile.makeDirectories("\(store.path)/\(left)-\(volume.id)") }
        let change = try store.change()
        #expect(try SystemFile.names(in: store.path + "/names") == ["data"])
        #expect(try SystemFile.names(in: store.path).allSatisfy { !$0.hasPrefix("new-") && !$0.hasPrefix("gone-") })
        #expect(store.named("data") == volume)
        _ = consume change
    }

    /// A link to a volume that has another name, or to none, is nobody's name: what a killed command leaves between its steps.
    @Test func brokenOffNames() throws {
        let volume = try create("data")
        #expect(symlink("../\(volume.id)", store.path + "/names/other") == 0)
        #expect(symlink("../" + String(repeating: "0", count: 64), store.path + "/names/gone") == 0)
        #expect(symlink("/etc", store.path + "/names/etc") == 0)
        for name in ["other", "gone", "etc"] {
            #expect(store.named(name) == nil)
            #expect(try create(name).name == name)
        }
        #expect(try store.volumes().count == 4)
    }

    /// What is being made and what is being removed is gone with the next change.
    @Test func brokenOffChanges() throws {
        try create("data")
        for name in ["new-1", "gone-1"] {
            try SystemFile.makeDirectories("\(store.path)/\(name)/_data/a")
            try write("x", to: "\(store.path)/\(name)/_data/a/b")
        }
        try create("other")
        #expect(try SystemFile.names(in: store.path).filter { $0.starts("new-") || $0.starts("gone-") }.isEmpty)
    }

    private func fill(_ volume: Volume, _ files: [String], mode: mode_t = 0o755) throws -> Bool {
        try store.fill(volume.id) { aside in
            #expect(mkdir(aside, 0o700) == 0)
            for name in files { try write("image's", to: "\(aside)/\(name)") }
            #expect(chmod(aside, mode) == 0)
            return true
        }
    }

    /// A volume takes the first files that come, with their directory's mode, and never others; one with files takes none.
    @Test func filling() throws {
        let volume = try create("data")
        #expect(try !store.fill(volume.id) { _ in false })
        #expect(try fill(volume, ["a", "b"], mode: 0o1777))
        #expect(try SystemFile.names(in: store.data(volume.id)) == ["a", "b"])
        var status = stat()
        #expect(stat(store.data(volume.id), &status) == 0 && status.st_mode & 0o7777 == 0o1777)
        unlink(store.data(volume.id) + "/a")
        unlink(store.data(volume.id) + "/b")
        #expect(try !fill(volume, ["c"]))
        let used = try create("used")
        try write("mine", to: store.data(used.id) + "/mine")
        #expect(try !fill(used, ["c"]))
        #expect(try SystemFile.names(in: store.data(used.id)) == ["mine"])
        #expect(try SystemFile.names(in: store.path + "/filling").isEmpty)
    }

    /// Before the word is given the work of a killed one is removed, after it finished; a file of a container's own stays.
    @Test func brokenOffFilling() throws {
        let (before, after) = (try create("before"), try create("after"))
        for volume in [before, after] {
            try write("", to: "\(store.path)/filling/\(volume.id)")
            try SystemFile.makeDirectories("\(store.directory(volume.id))/copy/deep")
            for name in ["a", "b"] { try write("image's", to: "\(store.directory(volume.id))/copy/\(name)") }
        }
        try write("arriving", to: store.directory(after.id) + "/content")
        try write("own", to: store.data(after.id) + "/a")
        #expect(try Set(store.releaseLeftovers()) == [before.id, after.id])
        #expect(try SystemFile.names(in: store.data(before.id)).isEmpty)
        #expect(try SystemFile.names(in: store.data(after.id)) == ["a", "b", "deep"])
        #expect(try SystemFile.read(store.data(after.id) + "/a") == "own")
        for volume in [before, after] { #expect(!SystemFile.exists(store.directory(volume.id) + "/copy")) }
        #expect(try store.releaseLeftovers().isEmpty)
        #expect(try fill(before, ["c"]))
    }

    /// A failure leaves an empty volume, into which another may put files.
    @Test func failingFilling() throws {
        let volume = try create("data")
        #expect(throws: VolumeError.unknown("x")) {
            try store.fill(volume.id) { aside in
                try SystemFile.makeDirectories(aside)
                try write("half", to: aside + "/half")
                throw VolumeError.unknown("x")
            }
        }
        #expect(try fill(volume, ["whole"]))
        #expect(try SystemFile.names(in: store.data(volume.id)) == ["whole"])
    }

    /// A damaged record does not hide the others, and its volume can be removed by its identifier.
    @Test func damaged() throws {
        let volume = try create("data")
        try create("other")
        try write("{", to: store.directory(volume.id) + "/volume.json")
        var found: [String] = []
        #expect(try store.volumes { found.append($0) }.map(\.name) == ["other"])
        #expect(found == [volume.id])
        #expect(throws: VolumeError.damaged(volume.id)) { try store.find(String(volume.id.prefix(12))) }
        try store.change().remove(volume.id, name: nil)
        #expect(try store.identifiers().count == 1)
    }

    /// Every name that is a file's stays one in an archive, those that layers read as removals, too; links lead nowhere else.
    @Test func archives() throws {
        let volume = try create("data")
        let data = store.data(volume.id)
        try SystemFile.makeDirectories(data + "/dir/.wh.deep")
        try write("one", to: data + "/.wh.one")
        try write("", to: data + "/dir/.wh..wh..opq")
        #expect(link(data + "/.wh.one", data + "/same") == 0 && symlink("/etc/passwd", data + "/link") == 0)
        #expect(chmod(data + "/same", 0o4711) == 0)
        let path = directory.path + "/archive"
        let output = try OwnedDescriptor(opening: path, O_WRONLY | O_CREAT)
        try store.exportArchive(of: volume, to: output.number)
        let copy = try create("copy")
        let input = try OwnedDescriptor(opening: path, O_RDONLY)
        try store.importArchive(input.number, into: copy)
        let copied = store.data(copy.id)
        #expect(try SystemFile.names(in: copied) == [".wh.one", "dir", "link", "same"])
        #expect(try SystemFile.names(in: copied + "/dir") == [".wh..wh..opq", ".wh.deep"])
        var (one, same) = (stat(), stat())
        #expect(stat(copied + "/.wh.one", &one) == 0 && stat(copied + "/same", &same) == 0)
        #expect(one.st_ino == same.st_ino && same.st_mode & 0o7777 == 0o4711)
        #expect(try Procfs.readLink(copied + "/link") == "/etc/passwd")
        let again = try OwnedDescriptor(opening: path, O_RDONLY)
        #expect(throws: VolumeError.notEmpty("copy")) { try store.importArchive(again.number, into: copy) }
        #expect(try store.size(of: copy.id) == store.size(of: volume.id))
    }
}
