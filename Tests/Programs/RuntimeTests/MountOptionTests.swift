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
}
