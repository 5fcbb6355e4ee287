import Glibc
import Linux
import OCI

extension RuntimeRequirement {
    static let mounts: [RuntimeRequirement] = [
        RuntimeRequirement("config.md, Mounts", "in the order in which they are listed") { shop in
            try SystemFile.makeDirectories(shop.engine.place + "/given")
            try shop.engine.write("from the host", to: "given/file")
            try shop.run("cat /mnt/a/file; ls /mnt", says: "from the hosta") {
                $0.mounts += [
                    .init(destination: "/mnt", type: "tmpfs", source: "tmpfs"),
                    .init(destination: "/mnt/a", type: "bind", source: shop.engine.place + "/given", options: ["bind"]),
                ]
            }
        },
        RuntimeRequirement("config.md, Mounts", "options: ro, nosuid, nodev, noexec, and the file system's own") {
            shop in
            let output = try shop.run("grep ' /mnt ' /proc/mounts; touch /mnt/x 2>/dev/null || echo refused") {
                $0.mounts.append(
                    .init(
                        destination: "/mnt", type: "tmpfs", source: "tmpfs",
                        options: ["ro", "nosuid", "nodev", "noexec", "size=1024k", "mode=750"]))
            }
            for word in ["ro", "nosuid", "nodev", "noexec", "size=1024k", "mode=750", "refused"] {
                try shop.expect(output.contains(word), "\(word) is not in \(output)")
            }
        },
        RuntimeRequirement("config.md, Mounts", "a directory of the host's for reading alone, in both directions") {
            shop in
            try SystemFile.makeDirectories(shop.engine.place + "/given")
            try shop.run(
                "touch /mnt/x 2>/dev/null || echo refused; touch /data/y && echo written", says: "refused written"
            ) {
                $0.mounts += [
                    .init(
                        destination: "/mnt", type: "bind", source: shop.engine.place + "/given",
                        options: ["bind", "ro"]),
                    .init(
                        destination: "/data", type: "bind", source: shop.engine.place + "/given",
                        options: ["rbind", "rw"]),
                ]
            }
            try shop.expect(SystemFile.exists(shop.engine.place + "/given/y"), "it is not the host's")
        },
        RuntimeRequirement("config.md, Mounts", "a destination that the image has not is made") { shop in
            try shop.run("touch /made/here/x && echo made", says: "made") {
                $0.mounts.append(.init(destination: "/made/here", type: "tmpfs", source: "tmpfs"))
            }
        },
        RuntimeRequirement("config.md, Mounts", "a source that is not there is refused") { shop in
            try shop.refuseContainer {
                $0.mounts.append(.init(destination: "/mnt", type: "bind", source: "/nonexistent", options: ["bind"]))
            }
        },
        RuntimeRequirement("config-linux.md, Default Filesystems", "proc, sysfs, devpts and shared memory") { shop in
            let output = try shop.run("cat /proc/mounts")
            for words in [" /proc proc ", " /sys sysfs ", " /dev/pts devpts ", " /dev/shm tmpfs "] {
                try shop.expect(output.contains(words), "\(words) is not in \(output)")
            }
        },
        RuntimeRequirement(
            "config-linux.md, Rootfs Mount Propagation", "private, shared, slave and unbindable are taken"
        ) { shop in
            for (word, tag) in [("private", 0), ("shared", 1), ("slave", 0), ("unbindable", 0)] {
                let output = try shop.run("grep ' / / ' /proc/self/mountinfo | grep -c shared:; true") {
                    $0.linux?.rootfsPropagation = word
                }
                // The root itself, on whatever file system it is.
                if word != "shared" { try shop.expect(output, is: "\(tag)") }
            }
        },
    ]

    static let namespaces: [RuntimeRequirement] = [
        RuntimeRequirement("config-linux.md, Namespaces", "new ones are others than the runtime's") { shop in
            let container = try shop.create("exec sleep 1000") {
                $0.linux?.namespaces.removeAll { $0.kind == .cgroup }
                $0.linux?.namespaces.append(.init(.cgroup))
            }
            let pid = try container.state().pid ?? 0
            for kind in ["pid", "net", "mnt", "ipc", "uts", "cgroup"] {
                try shop.expect(
                    try Procfs.readLink("/proc/\(pid)/ns/\(kind)") != Procfs.readLink("/proc/self/ns/\(kind)"), kind)
            }
        },
        RuntimeRequirement("config-linux.md, Namespaces", "what is not listed is the runtime's") { shop in
            let container = try shop.create("exec sleep 1000") {
                $0.linux?.namespaces.removeAll { $0.kind == .ipc || $0.kind == .network || $0.kind == .uts }
                $0.hostname = nil
                $0.linux?.sysctl = [:]
                $0.mounts.removeAll { $0.type == "mqueue" || $0.type == "sysfs" || $0.type == "cgroup" }
            }
            let pid = try container.state().pid ?? 0
            for kind in ["net", "ipc", "uts"] {
                try shop.expect(
                    try Procfs.readLink("/proc/\(pid)/ns/\(kind)") == Procfs.readLink("/proc/self/ns/\(kind)"), kind)
            }
        },
        RuntimeRequirement("config-linux.md, Namespaces", "one by path is joined") { shop in
            let first = try shop.create("exec sleep 1000")
            let pid = try first.state().pid ?? 0
            let second = try shop.create("exec sleep 1000") {
                for (kind, name) in [
                    (RuntimeConfiguration.Namespace.Kind.network, "net"), (.ipc, "ipc"), (.uts, "uts"),
                ] {
                    $0.linux?.namespaces.removeAll { $0.kind == kind }
                    $0.linux?.namespaces.append(.init(kind, path: "/proc/\(pid)/ns/\(name)"))
                }
            }
            let other = try second.state().pid ?? 0
            for name in ["net", "ipc", "uts"] {
                try shop.expect(
                    try Procfs.readLink("/proc/\(pid)/ns/\(name)") == Procfs.readLink("/proc/\(other)/ns/\(name)"), name
                )
            }
        },
        RuntimeRequirement("config-linux.md, Namespaces", "a path to one of another kind is refused") { shop in
            try shop.refuseContainer {
                $0.linux?.namespaces.removeAll { $0.kind == .network }
                $0.linux?.namespaces.append(.init(.network, path: "/proc/self/ns/ipc"))
            }
        },
        RuntimeRequirement("config-linux.md, Namespaces", "a path that is not absolute is refused") { shop in
            try shop.refuseContainer {
                $0.linux?.namespaces.removeAll { $0.kind == .network }
                $0.linux?.namespaces.append(.init(.network, path: "proc/self/ns/net"))
            }
        },
        RuntimeRequirement("config-linux.md, Namespaces", "one kind listed twice is refused") { shop in
            try shop.refuseContainer { $0.linux?.namespaces.append(.init(.network)) }
        },
        RuntimeRequirement("config-linux.md, User namespace mappings", "users and groups as they are mapped") { shop in
            let output = try shop.run("cat /proc/self/uid_map /proc/self/gid_map; id -u") {
                $0.linux?.namespaces.append(.init(.user))
                $0.linux?.uidMappings = [.init(containerID: 0, hostID: 200_000, size: 2000)]
                $0.linux?.gidMappings = [.init(containerID: 0, hostID: 300_000, size: 2000)]
                $0.linux?.sysctl = [:]
            }
            try shop.expect(output, is: "0 200000 2000 0 300000 2000 0")
        },
    ]

    static let devices: [RuntimeRequirement] = [
        RuntimeRequirement(
            "config-linux.md, Default Devices", "null, zero, full, random, urandom, tty and ptmx are there"
        ) { shop in
            let output = try shop.run(
                "for d in null zero full random urandom tty; do [ -c /dev/$d ] || echo no $d; done; [ -e /dev/ptmx ] || echo no ptmx"
            )
            try shop.expect(output.isEmpty, output)
        },
        RuntimeRequirement("runtime-linux.md, Dev symbolic links", "/dev/fd, stdin, stdout and stderr") { shop in
            try shop.run(
                "for n in fd stdin stdout stderr; do readlink /dev/$n; done",
                says: "/proc/self/fd /proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2")
        },
        RuntimeRequirement("config-linux.md, Devices", "nodes with their type, numbers, mode and owner") { shop in
            try shop.run(
                "stat -c '%F %t:%T %a %u:%g' /dev/test1 /dev/test2",
                says:
                    "character special file a:e5 666 0:0 block special file 8:666 660 3:4"
            ) {
                $0.linux?.devices += [
                    .init(type: "c", path: "/dev/test1", major: 10, minor: 229, fileMode: 0o666, uid: 0, gid: 0),
                    .init(type: "b", path: "/dev/test2", major: 8, minor: 1638, fileMode: 0o660, uid: 3, gid: 4),
                ]
            }
        },
        RuntimeRequirement(
            "config-linux.md, Allowed Device list", "what the list does not allow cannot be opened, what it allows can"
        ) { shop in
            let script =
                "mknod /dev/k c 1 11; mknod /dev/n c 1 3; true < /dev/k && echo kmsg; true < /dev/n && echo null"
            try shop.run("(\(script)) 2>/dev/null; true", says: "null")
        },
    ]

    static let cgroups: [RuntimeRequirement] = [
        limit("memory", "memory: the limit") {
            $0.memory = .init(limit: 50 << 20)
        } holds: {
            ["memory.limit_in_bytes": "\(50 << 20)", "memory.max": "\(50 << 20)"]
        },
        limit("memory", "memory: the reservation") {
            $0.memory = .init(limit: 50 << 20, reservation: 20 << 20)
        } holds: {
            ["memory.soft_limit_in_bytes": "\(20 << 20)", "memory.low": "\(20 << 20)"]
        },
        limit("cpu", "cpu: quota and period") {
            $0.cpu = .init(quota: 30_000, period: 60_000)
        } holds: {
            ["cpu.cfs_quota_us": "30000", "cpu.cfs_period_us": "60000", "cpu.max": "30000 60000"]
        },
        limit("cpu", "cpu: shares") {
            $0.cpu = .init(shares: 512)
        } holds: {
            ["cpu.shares": "512"]
        },
        limit("cpuset", "cpu: processors and nodes") {
            $0.cpu = .init(cpus: "0", mems: "0")
        } holds: {
            ["cpuset.cpus": "0", "cpuset.mems": "0"]
        },
        limit("pids", "pids: the number of processes") {
            $0.pids = .init(limit: 123)
        } holds: {
            ["pids.max": "123"]
        },
        RuntimeRequirement("config-linux.md, Cgroups Path", "an absolute path is below the root of every hierarchy") {
            shop in
            let container = try shop.create("exec sleep 1000")
            let pid = try container.state().pid ?? 0
            for controller in ["memory", "pids", "cpu"] {
                let path = try shop.cgroup(controller, of: container.bundle)
                let members = Engine.text(path + "/cgroup.procs").split(separator: "\n").map(String.init)
                try shop.expect(members.contains("\(pid)"), "\(path) has \(members)")
            }
        },
        RuntimeRequirement(
            "config-linux.md, Cgroups Path", "a relative path is the same for every container that names it"
        ) { shop in
            let container = try shop.create("exec sleep 1000") { $0.linux?.cgroupsPath = "isolab-relative-\(getpid())" }
            let pid = try container.state().pid ?? 0
            let lines = Engine.text("/proc/\(pid)/cgroup").split(separator: "\n").filter {
                $0.contains(":memory:") || $0.hasPrefix("0::")
            }
            try shop.expect(lines.contains { $0.hasSuffix("isolab-relative-\(getpid())") }, "\(lines)")
        },
        RuntimeRequirement("config-linux.md, Memory", "who takes more than the limit is killed") { shop in
            try shop.run("head -c 60000000 /dev/zero | tail > /dev/null; echo $?", says: "137") {
                $0.linux?.resources?.memory = .init(limit: 20 << 20)
            }
        },
    ]

    private static func limit(
        _ controller: String, _ text: String,
        _ set: @escaping @Sendable (inout RuntimeConfiguration.Resources) -> Void,
        holds files: @escaping @Sendable () -> [String: String]
    ) -> RuntimeRequirement {
        RuntimeRequirement("config-linux.md, Control groups", text) { shop in
            let container = try shop.create("exec sleep 1000") {
                var resources = $0.linux?.resources ?? .init()
                set(&resources)
                $0.linux?.resources = resources
            }
            let path = try shop.cgroup(controller, of: container.bundle)
            // Of v1's names and v2's, those that this host has.
            let there = files().filter { SystemFile.exists("\(path)/\($0.key)") }
            try shop.expect(!there.isEmpty, "none of \(files().keys) is in \(path)")
            for (file, value) in there { try shop.expect(Engine.text("\(path)/\(file)"), is: value) }
        }
    }

    static let kernel: [RuntimeRequirement] = [
        RuntimeRequirement("config-linux.md, Sysctl", "parameters of the container's own namespaces") { shop in
            try shop.run("cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax", says: "1 4242") {
                $0.linux?.sysctl = ["net.ipv4.ip_forward": "1", "kernel.msgmax": "4242"]
            }
        },
        RuntimeRequirement("config-linux.md, Sysctl", "one of the whole host's is refused") { shop in
            try shop.refuseContainer { $0.linux?.sysctl = ["vm.swappiness": "60"] }
        },
        RuntimeRequirement("config-linux.md, Seccomp", "a call that is to fail fails with its error") { shop in
            try shop.run("mkdir /tmp/x 2>&1", says: "mkdir: can't create directory '/tmp/x': Too many open files") {
                $0.linux?.seccomp = SeccompProfile(
                    defaultAction: .allow,
                    systemCalls: [.init(["mkdir", "mkdirat"], .errno, errorNumber: UInt32(EMFILE))])
            }
        },
        RuntimeRequirement("config-linux.md, Seccomp", "an allowed list alone lets a program run") { shop in
            let calls = [
                "read", "write", "open", "openat", "close", "stat", "fstat", "lstat", "newfstatat", "mmap", "mprotect",
                "munmap", "brk", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "ioctl", "access", "execve",
                "exit", "exit_group", "arch_prctl", "set_tid_address", "set_robust_list", "rseq", "prlimit64",
                "getrandom", "getuid", "getgid", "geteuid", "getegid", "getpid", "getppid", "getcwd", "fcntl", "futex",
                "readlink", "prctl", "capset", "capget", "setgroups", "setuid", "setgid", "setresuid", "setresgid",
                "chdir", "poll", "uname", "dup2", "wait4", "clone", "getdents64", "fstatfs", "statfs", "close_range",
                // What others need who come to life under the filter.
                "epoll_create1", "epoll_ctl", "epoll_pwait", "nanosleep", "sched_yield", "sched_getaffinity",
                "sigaltstack", "tgkill", "madvise", "gettid", "pipe2", "eventfd2", "setsid", "fchdir", "lseek", "umask",
                "kill", "socket", "sendmsg", "select", "openat2", "faccessat", "sysinfo",
            ]
            try shop.run("echo runs", says: "runs") {
                $0.process?.noNewPrivileges = true
                $0.linux?.seccomp = SeccompProfile(
                    defaultAction: .errno, systemCalls: [.init(calls, .allow)])
            }
        },
        RuntimeRequirement(
            "config-linux.md, Masked Paths", "files and directories read as empty, absent ones are passed over"
        ) { shop in
            try SystemFile.makeDirectories(shop.engine.rootfs + "/data/hidden")
            try shop.engine.write("secret", to: shop.engine.rootfs + "/data/hidden/file")
            try shop.engine.write("secret", to: shop.engine.rootfs + "/data/file")
            try shop.run("cat /data/file; ls /data/hidden | wc -l", says: "0") {
                $0.linux?.maskedPaths = ["/data/hidden", "/data/file", "/data/absent"]
            }
        },
        RuntimeRequirement(
            "config-linux.md, Readonly Paths", "files and directories, with what is below; absent ones are passed over"
        ) { shop in
            try SystemFile.makeDirectories(shop.engine.rootfs + "/data/fixed/below")
            try shop.engine.write("text", to: shop.engine.rootfs + "/data/file")
            let script =
                "touch /data/fixed/x; touch /data/fixed/below/x; echo y > /data/file; touch /data/free && echo free"
            try shop.run("(\(script)) 2>/dev/null; find /data/fixed -type f | wc -l", says: "free 0") {
                $0.linux?.readonlyPaths = ["/data/fixed", "/data/file", "/data/absent"]
            }
        },
        RuntimeRequirement("config-linux.md, Personality", "a machine of 32 bits") { shop in
            let output = try shop.run("uname -m") { $0.linux?.personality = .init(domain: "LINUX32") }
            try shop.expect(["i686\n", "armv8l\n"].contains(output), output)
        },
    ]
}
