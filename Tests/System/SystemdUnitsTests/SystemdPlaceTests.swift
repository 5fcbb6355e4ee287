import Testing

@testable import SystemdUnits

/// `linux.cgroupsPath` as a scope in a slice.
struct SystemdPlaceTests {
    @Test(arguments: [
        ("machine.slice:libpod:12ab", "libpod-12ab.scope", "/machine.slice/libpod-12ab.scope"),
        ("system.slice:docker:x", "docker-x.scope", "/system.slice/docker-x.scope"),
        (":isolab:c1", "isolab-c1.scope", "/system.slice/isolab-c1.scope"),
        ("", "isolab-ID.scope", "/system.slice/isolab-ID.scope"),
        ("-:a:b", "a-b.scope", "/a-b.scope"), ("-.slice:a:b", "a-b.scope", "/a-b.scope"),
        ("user.slice::alone", "alone.scope", "/user.slice/alone.scope"),
        (
            "kubepods-besteffort-pod1_2.slice:cri-containerd:77", "cri-containerd-77.scope",
            "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod1_2.slice/cri-containerd-77.scope"
        ),
        ("a.slice:p:x+y", "p-x\\x2by.scope", "/a.slice/p-x\\x2by.scope"),
        ("a.slice:p:\u{301}", "p-\\xcc\\x81.scope", "/a.slice/p-\\xcc\\x81.scope"),
    ]) func places(path: String, scope: String, cgroup: String) throws {
        let place = try SystemdPlace(path, id: "ID", isUser: false)
        #expect(place.scope == scope)
        #expect(place.path == cgroup)
    }

    @Test func ofAUser() throws {
        #expect(try SystemdPlace("", id: "c1", isUser: true).path == "/user.slice/isolab-c1.scope")
    }

    @Test(arguments: [
        ("/a/b", "slice:prefix:name"), ("a.slice:b", "slice:prefix:name"), ("a.slice:b:c:d", "slice:prefix:name"),
        ("a:b:c", "with a slice"), ("a/b.slice:p:n", "with a slice"), (".slice:p:n", "with a slice"),
        ("a--b.slice:p:n", "empty part"),
        ("-a.slice:p:n", "empty part"), ("a-.slice:p:n", "empty part"), ("a.slice:p:", "no scope"),
        ("a.slice:p:b.slice", "names a slice"), ("a.slice:p:\(String(repeating: "x", count: 250))", "255"),
    ]) func refusals(path: String, reason: String) {
        do throws(SystemdPlace.Invalid) {
            let place = try SystemdPlace(path, id: "ID", isUser: false)
            Issue.record("\(path) became \(place)")
        } catch { #expect("\(error)".contains(reason), "\(error)") }
    }
}
