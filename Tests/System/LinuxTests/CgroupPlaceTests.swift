import Testing

@testable import Linux

/// Where a configuration wants its cgroup, and what becomes of it in each hierarchy.
@Suite struct CgroupPlaceTests {
    private static let unified = CgroupLayout(hierarchies: [
        CgroupHierarchy(
            version: 2, controllers: ["cpu", "memory", "pids"], mountPoint: "/sys/fs/cgroup", ownPath: "/user.slice/run"
        )
    ])

    /// Absolute paths count from the root and take their parents away with them; relative ones from isolab's directory, which
    /// stays; an ordinary user's from its own cgroup.
    @Test func directories() throws {
        let absolute = CgroupPlan(
            place: try CgroupPlace("/libpod_parent/libpod-abc"), limits: CgroupLimits(), layout: Self.unified)
        #expect(absolute.name == "libpod-abc")
        #expect(absolute.directories[0].path == "/sys/fs/cgroup/libpod_parent/libpod-abc")
        #expect(absolute.directories[0].own == ["/sys/fs/cgroup/libpod_parent"])
        #expect(absolute.directories[0].shared.isEmpty)
        #expect(absolute.directories[0].base == "/sys/fs/cgroup/libpod_parent")
        let relative = CgroupPlan(
            place: try CgroupPlace("pod/one"), limits: CgroupLimits(), layout: Self.unified, delegated: true)
        #expect(relative.directories[0].path == "/sys/fs/cgroup/user.slice/run/isolab/pod/one")
        #expect(relative.directories[0].shared == ["/sys/fs/cgroup/user.slice/run/isolab"])
        #expect(relative.directories[0].own == ["/sys/fs/cgroup/user.slice/run/isolab/pod"])
    }

    /// The leaf that took the caller's processes is not where the next cgroup goes.
    @Test func besideTheOthers() throws {
        var layout = Self.unified
        layout.hierarchies[0].ownPath = "/user.slice/run/isolab-others"
        let plan = CgroupPlan(name: "n", limits: CgroupLimits(), layout: layout, delegated: true)
        #expect(plan.directories[0].path == "/sys/fs/cgroup/user.slice/run/isolab/n")
    }

    @Test(
        arguments: ["", "/", "//", "/./", "a/../b", "/a//../b", "..", ".", "/a\nb", "/a\0b"]
            // A combining character makes one of the slash before it, for whoever looks at characters.
            + ["../\u{301}x", "/a/../\u{301}b", "a/\u{301}/../b"])
    func invalid(path: String) {
        #expect(throws: CgroupPlace.Invalid.self) { try CgroupPlace(path) }
    }

    /// Empty parts and dots, of engines that put paths together, say nothing.
    @Test(arguments: [
        ("//a", "/a"), ("/a//b", "/a/b"), ("/a/", "/a"), ("/a/.", "/a"), ("a/./b", "a/b"), ("./a", "a"),
        ("/a/.b/...", "/a/.b/..."),
    ])
    func normalized(path: String, plain: String) throws {
        let place = try CgroupPlace(path)
        #expect(place.isAbsolute == plain.hasPrefix("/"))
        #expect((place.isAbsolute ? "/" : "") + place.components.joined(separator: "/") == plain)
    }

    @Test func tooLongAName() {
        #expect(throws: CgroupPlace.Invalid.self) { try CgroupPlace(String(repeating: "x", count: 256)) }
        #expect(throws: Never.self) { try CgroupPlace(String(repeating: "x", count: 255)) }
    }

    @Test(
        arguments: [
            ("system.slice:crio:abc", true), (":libpod:abc", true), ("-:docker:abc", true),
            ("machine.slice:libpod:", false), ("/a:b:c", false), ("a:b:c", false), ("a.slice:b", false), ("abc", false),
        ])
    func systemdsForm(path: String, systemd: Bool) {
        #expect(CgroupPlace.isForSystemd(path) == systemd)
    }
}
