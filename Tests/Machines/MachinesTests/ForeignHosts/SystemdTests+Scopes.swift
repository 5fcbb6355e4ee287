import Testing

/// Containers whose cgroups systemd makes (`--systemd-cgroup`), as Docker and Kubernetes have it on every distribution.
extension SystemdTests {
    /// A scope in nested slices, with limits that are systemd's too: they stay over a reload, and an update changes them for both. A
    /// second container is not let into it, and nothing stays of it.
    @Test func scopeOfRoot() throws {
        let section = try section("scope")
        #expect(
            section.lines == [
                "created", "cgroup /checks.slice/checks-deep.slice/isolab-one.scope",
                "ActiveState=active", "Slice=checks-deep.slice", "Delegate=yes", "MemoryMax=67108864",
                "CPUQuotaPerSecUSec=500ms", "TasksMax=20", "TimeoutStopUSec=7s", "Description=isolab container one",
                "members 1", "67108864 50000 100000 20 ", "kmsg 1", "null 0",
                "reloaded", "67108864 50000 100000 20 ", "kmsg 1", "null 0",
                "joined /checks.slice/checks-deep.slice/isolab-one.scope",
                "33554432 20000 100000 10 ", "MemoryMax=33554432", "33554432 20000 100000 10 ",
                "a second one 1", "1", "running", "paused", "stopped", "inactive", "0 left",
                "1", "Slice=system.slice", "TasksMax=1", "inactive",
            ], "\(section.output)")
    }

    @Test func scopeOfAKilledMaker() throws {
        let section = try section("killed maker")
        #expect(
            section.lines.suffix(5) == ["created 137", "active", "inactive", "deleted 0 0", "created"],
            "\(section.output)")
    }

    /// An ordinary user's containers, in scopes of his own systemd.
    @Test func scopeOfAnOrdinaryUser() throws {
        let section = try section("a user's scope")
        let place = "/user.slice/user-1000.slice/user@1000.service/user.slice/isolab-mine.scope"
        // He may load no program that would keep rules of devices, and could make none.
        let lines = section.lines.filter { !$0.contains("warning: linux.resources.devices") }
        #expect(
            lines == [
                "from /system.slice/checks.service", "cgroup \(place)", "ActiveState=active", "MemoryMax=67108864",
                "67108864 50000 100000 20 ", "67108864 50000 100000 20 ", "joined", "33554432 50000 100000 20 ",
                "stopped", "inactive", "0 left",
            ], "\(section.output)")
    }

    /// Beneath podman with its default manager of cgroups.
    @Test func scopeOfPodman() throws {
        let section = try section("podman")
        #expect(
            section.lines == [
                "ActiveState=active", "Slice=machine.slice", "MemoryMax=67108864", "TasksMax=20", "67108864", "exec 3",
                "removed 0", "inactive",
            ], "\(section.output)")
    }

    /// Beneath an ordinary user's podman, whose containers are in scopes of his own systemd.
    @Test func scopeOfAUsersPodman() throws {
        let section = try section("a user's podman")
        let lines = section.lines.filter { !$0.contains("warning: linux.resources.devices") }
        #expect(
            lines == [
                "ActiveState=active", "Slice=user.slice", "MemoryMax=67108864", "TasksMax=20", "67108864", "exec 3",
                "removed 0", "inactive",
            ], "\(section.output)")
    }

    /// Beneath a Docker Engine that leaves cgroups to systemd, as distributions set it up.
    @Test func scopeOfDocker() throws {
        let section = try section("docker")
        #expect(
            section.lines == [
                "systemd 2 isolab", "ActiveState=active", "Slice=system.slice", "MemoryMax=67108864", "TasksMax=20",
                "67108864", "exec 3", "updated 0", "MemoryMax=33554432", "removed 0", "inactive",
            ], "\(section.output)")
    }
}
