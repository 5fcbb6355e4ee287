import Glibc
import Linux
import OCI
import Testing

/// config.md, "Linux mount options": those that change what a mount holds, and whose it is.
@Suite(.enabled(if: TestHost.canRun, TestHost.reason)) struct MountOptionTests {
    let engine: Engine

    init() throws { engine = try Engine() }

    /// A read-only `tmpcopyup` is filled first, and then made so.
    @Test func copyUpReadOnly() throws {
        try SystemFile.makeDirectories(engine.rootfs + "/etc/fixed")
        try engine.write("kept\n", to: engine.rootfs + "/etc/fixed/file")
        let answer = try engine.run(
            "cat /etc/fixed/file; touch /etc/fixed/new || echo refused; grep -c ' /etc/fixed ro' /proc/self/mountinfo"
        ) {
            $0.mounts.append(
                .init(destination: "/etc/fixed", type: "tmpfs", source: "tmpfs", options: ["ro", "tmpcopyup"]))
        }
        #expect(answer.output == "kept\nrefused\n1\n", "\(answer.complaints)")
    }

    /// `idmap=` with ids of its own, of the host and relative to the container's; what is not understood, or cannot be done, fails.
    @Test func identityMappedByOption() throws {
        try SystemFile.makeDirectories(engine.place + "/owned")
        try engine.write("", to: "owned/file")
        #expect(chown(engine.place + "/owned/file", 3, 4) == 0)
        func run(_ option: String, type: String? = "bind") throws -> Engine.Answer {
            try engine.run("stat -c %u:%g /mnt/file") {
                $0.mounts.append(
                    .init(
                        destination: "/mnt", type: type, source: type == "tmpfs" ? "tmpfs" : engine.place + "/owned",
                        options: (type == "tmpfs" ? [] : ["rbind"]) + [option]))
            }
        }
        let mapped = try run("idmap=uids=0-1000-2#3-1003-1;gids=0-2000-10")
        #expect(mapped.output == "1003:2004\n", "\(mapped.complaints)")
        let relative = try run("idmap=uids=@0-1000-10;gids=@0-2000-10")
        #expect(relative.output == "1003:2004\n", "\(relative.complaints)")
        for option in [
            "idmap=uids=0-1000-10", "idmap=uids=0-1000;gids=0-1-1", "idmap=users=0-1-1;gids=0-1-1",
            "idmap=uids=0-1-0;gids=0-1-1",
            "idmap=uids=0-4294967290-10;gids=0-1-1", "idmap=", "uid=3",
        ] {
            let answer = try run(option)
            #expect(answer.status == 1 && answer.complaints.contains("options"), "\(option): \(answer.complaints)")
        }
        #expect(try run("idmap=uids=0-1-1;gids=0-1-1", type: "tmpfs").status == 1)
    }

    /// What would lie beneath the root is refused before anything is left: a root that was to be read-only by it would not be.
    @Test(arguments: ["/", "//"]) func overTheRoot(destination: String) throws {
        let (container, answer) = try engine.create(
            engine.configuration("touch /new && echo written") {
                $0.mounts.insert(
                    .init(destination: destination, type: "bind", source: engine.rootfs, options: ["rbind", "ro"]),
                    at: 0)
            })
        #expect(answer.status == 1 && answer.complaints.contains("mounts[0].destination"), "\(answer.complaints)")
        #expect(engine.traces(of: container.id) == [])
    }

    /// A file over a directory and the reverse, in the words by which engines give their hint.
    @Test func anotherKind() throws {
        try SystemFile.makeDirectories(engine.place + "/directory")
        try engine.write("", to: "file")
        try engine.write("", to: engine.rootfs + "/etc/there")
        for (source, destination) in [("file", "/mnt"), ("directory", "/etc/there")] {
            let answer = try engine.run("true") {
                $0.mounts.append(
                    .init(
                        destination: destination, type: "bind", source: "\(engine.place)/\(source)", options: ["bind"]))
            }
            #expect(answer.status == 1)
            #expect(
                answer.complaints.contains("\(destination): not a directory")
                    && answer.complaints.contains("a file cannot be mounted over a directory"), "\(answer.complaints)")
        }
    }

    /// Where the host has v2 beside v1, a mount of type `cgroup2` is the v2 hierarchy.
    @Test(.enabled(if: TestHost.layout?.mode == .hybrid, "[host] needs cgroup v2 beside v1"), arguments: [true, false])
    func unifiedHierarchy(ownNamespace: Bool) throws {
        let answer = try engine.run(
            "cat /sys/fs/cgroup/cgroup.procs; ls /sys/fs/cgroup | grep -c memory.limit_in_bytes"
        ) {
            $0.linux?.namespaces.removeAll { $0.kind == .cgroup }
            if ownNamespace { $0.linux?.namespaces.append(.init(.cgroup)) }
            $0.mounts.removeAll { $0.destination == "/sys/fs/cgroup" }
            $0.mounts.append(
                .init(destination: "/sys/fs/cgroup", type: "cgroup2", source: "cgroup", options: ["ro", "nosuid"]))
        }
        // Its own processes are all that it sees there: others would be 0.
        let lines = answer.output.split(separator: "\n")
        #expect(lines.last == "0", "\(answer)")
        #expect(lines.dropLast().contains("1") && !lines.dropLast().contains("0"), "\(answer)")
    }
}
