import Glibc
import Images
import Linux
import OCI
import TestSupport
import Testing

/// Debian's tools read what isolab writes, and isolab what they write.
@Suite(.serialized, .enabled(if: geteuid() == 0, "podman's and umoci's images need root here")) struct InteropTests {
    let directory: TemporaryDirectory
    let store: ImageStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try ImageStore(root: directory.path + "/store")
    }

    static func has(_ program: String) -> Bool { ProcessPlan.path(of: program) != nil }

    private static let scripts = [
        "mkdir -p bin etc && echo one > etc/one && echo two > etc/two && ln -s one etc/link && ln etc/one etc/hard",
        "mkdir -p etc && touch etc/.wh.two && echo three > etc/three",
    ]

    private func make() throws -> StoredImage {
        try TestImage.make(
            in: store, layers: Self.scripts, names: ["example.org/team/app:v1"],
            execution: .init(environment: ["A=1"], command: ["/bin/sh"]))
    }

    private func save(_ format: ArchiveFormat) throws -> String {
        let path = "\(directory.path)/\(format.rawValue).tar"
        let file = try OwnedDescriptor(opening: path, O_WRONLY | O_CREAT | O_TRUNC)
        try store.save(["example.org/team/app:v1"], to: file.number, format: format)
        return path
    }

    private func skopeo(_ arguments: String) throws {
        try TestImage.run("skopeo --insecure-policy copy -q \(arguments)", in: directory.path)
    }

    /// skopeo copies from the store itself, from both archives and from a layout to each of its own forms, which come back as
    /// the same image.
    @Test(.enabled(if: has("skopeo"), "skopeo is not installed")) func skopeo() throws {
        let image = try make()
        try store.saveLayout(["example.org/team/app:v1"], to: directory.path + "/layout")
        let sources = [
            "oci:\(store.root):example.org/team/app:v1",
            "oci:\(directory.path)/layout:example.org/team/app:v1",
            "oci-archive:\(try save(.oci)):example.org/team/app:v1",
            "docker-archive:\(try save(.docker)):example.org/team/app:v1",
        ]
        for (number, source) in sources.enumerated() {
            try skopeo("\(source) oci:\(directory.path)/out\(number):example.org/team/app:v1")
            try skopeo("\(source) oci-archive:\(directory.path)/oci\(number).tar:example.org/team/app:v1")
            try skopeo("\(source) docker-archive:\(directory.path)/docker\(number).tar:example.org/team/app:v1")
            for path in ["out\(number)", "oci\(number).tar", "docker\(number).tar"] {
                let other = try ImageStore(root: "\(directory.path)/store-\(path)")
                let loaded = try other.load("\(directory.path)/\(path)")
                #expect(
                    loaded.map { $0.names.map(\.description) } == [["example.org/team/app:v1"]], "\(source) \(path)")
                let back = try other.image("example.org/team/app:v1")
                #expect(back.configuration.rootfs == image.configuration.rootfs, "\(source) \(path)")
                #expect(back.configuration.execution == image.configuration.execution, "\(source) \(path)")
                #expect(try other.check().problems.isEmpty)
                if number == 0 { _ = try other.unpack(back) }
            }
        }
    }

    /// skopeo writes into the store's own directory, as into any layout.
    @Test(.enabled(if: has("skopeo"), "skopeo is not installed")) func skopeoWritesIntoTheStore() throws {
        let image = try make()
        try skopeo("docker-archive:\(try save(.docker)) oci:\(store.root):example.org/team/copy:v2")
        #expect(try store.image("example.org/team/copy:v2").configuration.rootfs == image.configuration.rootfs)
        #expect(try store.image("example.org/team/app:v1").id == image.id)
    }

    /// podman loads both archives under the right name and runs what is in them; what it saves in each of its formats loads.
    @Test(.enabled(if: has("podman"), "podman is not installed")) func podman() throws {
        let image = try make()
        let podman =
            "podman --root \(directory.path)/podman --runroot \(directory.path)/podman-run --storage-driver vfs"
        defer { _ = try? TestImage.run("\(podman) rmi -af; umount \(directory.path)/podman || true") }
        for format in ArchiveFormat.allCases {
            try TestImage.run("\(podman) load -q -i \(try save(format))")
            #expect(
                try TestImage.run("\(podman) inspect --format '{{.Id}} {{.RepoTags}}' example.org/team/app:v1")
                    == "\(image.id.hexadecimal) [example.org/team/app:v1]\n")
            #expect(
                try TestImage.run(
                    "ROOT=$(\(podman) image mount example.org/team/app:v1); cd $ROOT/etc; ls; cat one; cd /; \(podman) image unmount -a > /dev/null"
                ) == "hard\nlink\none\nthree\none\n")
            for form in ["docker-archive", "oci-archive"] {
                let path = "\(directory.path)/\(format.rawValue)-\(form).tar"
                try TestImage.run("\(podman) save -q --format \(form) -o \(path) example.org/team/app:v1")
                let other = try ImageStore(root: path + ".store")
                #expect(try other.load(path).first?.names.map(\.description) == ["example.org/team/app:v1"])
                #expect(
                    try other.image("example.org/team/app:v1").configuration.rootfs == image.configuration.rootfs)
            }
            try TestImage.run("\(podman) rmi -f example.org/team/app:v1")
        }
    }

    /// umoci unpacks a layout of ours, and adds a layer that ours reads.
    @Test(.enabled(if: has("umoci"), "umoci is not installed")) func umoci() throws {
        let image = try make()
        try store.saveLayout(["example.org/team/app:v1"], to: directory.path + "/layout")
        // umoci takes tags alone for names.
        try skopeo("oci:layout:example.org/team/app:v1 oci:umoci:v1")
        try TestImage.run("umoci unpack --image umoci:v1 bundle", in: directory.path)
        #expect(
            try TestImage.run("cd bundle/rootfs/etc; ls; cat three", in: directory.path)
                == "hard\nlink\none\nthree\nthree\n")
        try TestImage.run("echo four > bundle/rootfs/etc/four; rm bundle/rootfs/etc/one", in: directory.path)
        try TestImage.run("umoci repack --image umoci:v2 bundle", in: directory.path)
        let other = try ImageStore(root: directory.path + "/other")
        let loaded = try other.load(directory.path + "/umoci")
        #expect(loaded.count == 2)
        let changed = try other.image(try #require(loaded.last).target.digest.description)
        #expect(changed.configuration.rootfs.diffIDs.count == 3)
        #expect(Array(changed.configuration.rootfs.diffIDs.prefix(2)) == image.configuration.rootfs.diffIDs)
        _ = try other.unpack(changed)
        #expect(try SystemFile.read(other.tree(of: changed.configuration.rootfs.diffIDs[2]) + "/etc/four") == "four\n")
    }
}
