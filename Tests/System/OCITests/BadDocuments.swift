/// A document that is right but for what a test adds to one of its objects.
func document(
    _ members: String = "", process: String = "", linux: String = "", namespaces: String = "", version: String = "1.3.0"
) -> String {
    func added(_ text: String) -> String { text.isEmpty ? "" : ", " + text }
    let user = process.contains(#""user""#) ? "" : #", "user": {"uid": 0, "gid": 0}"#
    let arguments = process.contains(#""args""#) ? "" : #", "args": ["sh"]"#
    let directory = process.contains(#""cwd""#) ? "" : #", "cwd": "/""#
    let root = members.contains(#""root""#) ? "" : #", "root": {"path": "rootfs"}"#
    return """
        {"ociVersion": "\(version)"\(root)\(added(members)), "process": {"terminal": false\(user)\(arguments)\(directory)\
        \(added(process))}, "linux": {"namespaces": [{"type": "mount"}\(added(namespaces))]\(added(linux))}}
        """
}

/// A document and what is to be said of it.
struct BadDocument: Sendable {
    let json: String
    let message: String

    init(_ json: String, _ message: String) {
        self.json = json
        self.message = message
    }
}

/// The documents, by the part of the specification they offend.
enum BadDocuments {
    static let all = [whole, process, mounts, hooks, namespaces, devices, limits, linux, seccomp].flatMap { $0 }

    static let whole: [BadDocument] = [
        BadDocument(document(version: "1.3"), "ociVersion: '1.3' is not a semantic version like 1.3.0"),
        BadDocument(document(version: ""), "ociVersion: '' is not a semantic version like 1.3.0"),
        BadDocument(document(version: "01.0.0"), "ociVersion: '01.0.0' is not a semantic version like 1.3.0"),
        BadDocument(document(version: "2.0.0"), "ociVersion: version 2.0.0 is not supported; known are 1.0.0 to 1.3.0"),
        BadDocument(document(version: "0.2.0"), "ociVersion: version 0.2.0 is not supported; known are 1.0.0 to 1.3.0"),
        BadDocument(#"{"ociVersion": "1.0.0"}"#, "root: is missing"),
        BadDocument(document(#""root": {"path": ""}"#), "root.path: is empty"),
        BadDocument(
            document(
                #""domainname": "a""#, linux: #""sysctl": {"kernel.domainname": "b"}"#,
                namespaces: #"{"type": "uts"}"#),
            "linux.sysctl.kernel.domainname: 'b' contradicts domainname, 'a'"
        ),
        BadDocument(
            document(#""hostname": "h""#),
            "hostname: needs a UTS namespace in linux.namespaces: the host's own name is not to be changed"
        ),
        BadDocument(
            document(#""domainname": "d""#),
            "domainname: needs a UTS namespace in linux.namespaces: the host's own name is not to be changed"
        ),
        BadDocument(
            document(#""hostname": "\#(String(repeating: "h", count: 65))""#, namespaces: #"{"type": "uts"}"#),
            "hostname: is longer than 64 bytes"
        ),
        BadDocument(document(#""annotations": {"": "x"}"#), "annotations: has an empty name"),
    ]

    static let process: [BadDocument] = [
        BadDocument(document(process: #""cwd": "tmp""#), "process.cwd: 'tmp' is not an absolute path"),
        BadDocument(document(process: #""cwd": """#), "process.cwd: '' is not an absolute path"),
        BadDocument(document(process: #""args": []"#), "process.args: is empty: there is nothing to run"),
        BadDocument(
            document(process: #""env": ["A=", "FOO"]"#),
            "process.env[1]: 'FOO' is not an environment variable, NAME=VALUE"),
        BadDocument(
            document(process: #""env": ["=x"]"#), "process.env[0]: '=x' is not an environment variable, NAME=VALUE"),
        BadDocument(
            document(process: #""args": [""]"#), "process.args[0]: is empty: executable file not found in $PATH"),
        BadDocument(
            document(process: #""consoleSize": {"height": -1, "width": 80}"#),
            "process.consoleSize.height: -1 is not between 0 and 65535"
        ),
        BadDocument(
            document(process: #""user": {"uid": 4294967295, "gid": 0}"#),
            "process.user.uid: 4294967295 is not an ID: to the kernel it means none"
        ),
        BadDocument(
            document(process: #""user": {"uid": 0, "gid": 0, "additionalGids": [1, 4294967295]}"#),
            "process.user.additionalGids[1]: 4294967295 is not an ID: to the kernel it means none"
        ),
        BadDocument(
            document(
                process:
                    #""user": {"uid": 0, "gid": 0, "additionalGids": [\#((1...65_537).map(String.init).joined(separator: ","))]}"#
            ), "process.user.additionalGids: 65537 groups are more than the 65536 that a process can have"
        ),
        BadDocument(
            document(process: #""user": {"uid": 0, "gid": 0, "umask": 512}"#),
            "process.user.umask: 512 has bits beyond 511 (octal 777)"
        ),
        BadDocument(
            document(process: #""rlimits": [{"type": "RLIMIT_FUN", "soft": 0, "hard": 0}]"#),
            "process.rlimits[0].type: 'RLIMIT_FUN' is not a limit the kernel knows, like RLIMIT_NOFILE"
        ),
        BadDocument(
            document(
                process: #"""
                    "rlimits": [{"type": "RLIMIT_CORE", "soft": 0, "hard": 0}, {"type": "RLIMIT_CORE", "soft": 0, "hard": 1}]
                    """#), "process.rlimits[1].type: RLIMIT_CORE is given twice"
        ),
        BadDocument(
            document(process: #""rlimits": [{"type": "RLIMIT_CORE", "soft": 2, "hard": 1}]"#),
            "process.rlimits[0].soft: 2 is greater than the hard limit 1"
        ),
        BadDocument(
            document(process: #""oomScoreAdj": -1001"#), "process.oomScoreAdj: -1001 is not between -1000 and 1000"),
        BadDocument(
            document(process: #""scheduler": {"policy": "SCHED_LOTTERY"}"#),
            "process.scheduler.policy: 'SCHED_LOTTERY' is not one of SCHED_OTHER, SCHED_FIFO, SCHED_RR, SCHED_BATCH, "
                + "SCHED_ISO, SCHED_IDLE, SCHED_DEADLINE"
        ),
        BadDocument(
            document(process: #""scheduler": {"policy": "SCHED_OTHER", "nice": 20}"#),
            "process.scheduler.nice: 20 is not between -20 and 19"
        ),
        BadDocument(
            document(process: #""scheduler": {"policy": "SCHED_OTHER", "priority": 1}"#),
            "process.scheduler.priority: is for SCHED_FIFO and SCHED_RR only"
        ),
        BadDocument(
            document(process: #""scheduler": {"policy": "SCHED_FIFO"}"#),
            "process.scheduler.priority: 0 is not between 1 and 99, as SCHED_FIFO needs"
        ),
        BadDocument(
            document(process: #""scheduler": {"policy": "SCHED_BATCH", "deadline": 5}"#),
            "process.scheduler.deadline: is for SCHED_DEADLINE only"
        ),
        BadDocument(
            document(process: #""scheduler": {"policy": "SCHED_DEADLINE", "deadline": 5000}"#),
            "process.scheduler.runtime: 0 ns is less than 1024, the least that SCHED_DEADLINE takes"
        ),
        BadDocument(
            document(process: #""scheduler": {"policy": "SCHED_DEADLINE", "runtime": 6000, "deadline": 5000}"#),
            "process.scheduler.deadline: 5000 ns is less than runtime, 6000, which must fit into it"
        ),
        BadDocument(
            document(
                process:
                    #""scheduler": {"policy": "SCHED_DEADLINE", "runtime": 4000, "deadline": 5000, "period": 4999}"#),
            "process.scheduler.period: 4999 ns is less than deadline, 5000"
        ),
        BadDocument(
            document(
                process:
                    #""scheduler": {"policy": "SCHED_DEADLINE", "runtime": 4000, "deadline": 9223372036854775808}"#),
            "process.scheduler.deadline: is more than the kernel's clock can count"
        ),
        BadDocument(
            document(process: #""scheduler": {"policy": "SCHED_OTHER", "flags": ["SCHED_FLAG_FUN"]}"#),
            "process.scheduler.flags[0]: 'SCHED_FLAG_FUN' is not one of SCHED_FLAG_RESET_ON_FORK, SCHED_FLAG_RECLAIM, "
                + "SCHED_FLAG_DL_OVERRUN, SCHED_FLAG_KEEP_POLICY, SCHED_FLAG_KEEP_PARAMS, SCHED_FLAG_UTIL_CLAMP_MIN, "
                + "SCHED_FLAG_UTIL_CLAMP_MAX"
        ),
        BadDocument(
            document(process: #""ioPriority": {"class": "IOPRIO_CLASS_NONE", "priority": 0}"#),
            "process.ioPriority.class: 'IOPRIO_CLASS_NONE' is not one of IOPRIO_CLASS_RT, IOPRIO_CLASS_BE, "
                + "IOPRIO_CLASS_IDLE"
        ),
        BadDocument(
            document(process: #""ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": 8}"#),
            "process.ioPriority.priority: 8 is not between 0 and 7"
        ),
        BadDocument(
            document(process: #""execCPUAffinity": {"initial": "0", "final": "3-1"}"#),
            "process.execCPUAffinity.final: '3-1' is not a list of numbers like 0-3,7"
        ),
    ]

    static let mounts: [BadDocument] = [
        BadDocument(document(#""mounts": [{"destination": ""}]"#), "mounts[0].destination: is empty"),
        BadDocument(
            document(#""mounts": [{"destination": "/a", "options": ["rbind"]}]"#),
            "mounts[0].source: is missing, and bind mounts need one"
        ),
        BadDocument(
            document(
                #"""
                "mounts": [{"destination": "/a", "type": "tmpfs", "uidMappings": [{"containerID": 0, "hostID": 1, "size": 1}]}]
                """#), "mounts[0].gidMappings: is missing, and uidMappings need it"
        ),
        BadDocument(
            document(
                #"""
                "mounts": [{"destination": "/a", "type": "tmpfs", "gidMappings": [{"containerID": 0, "hostID": 1, "size": 1}]}]
                """#), "mounts[0].uidMappings: is missing, and gidMappings need it"
        ),
        BadDocument(
            document(#""mounts": [{"destination": "/a", "source": "/a", "options": ["bind", "ridmap"]}]"#),
            "mounts[0].options: 'ridmap' takes its ids from a user namespace, which the container does not have: name them "
                + "(ridmap=uids=0-1000-10;gids=0-1000-10), or give the container one"
        ),
    ]

    static let hooks: [BadDocument] = [
        BadDocument(
            document(#""hooks": {"createRuntime": [{"path": "/a"}, {"path": "b"}]}"#),
            "hooks.createRuntime[1].path: 'b' is not an absolute path"
        ),
        BadDocument(
            document(#""hooks": {"poststop": [{"path": "/a", "timeout": 0}]}"#),
            "hooks.poststop[0].timeout: 0 is not greater than 0"
        ),
    ]

    static let namespaces: [BadDocument] = [
        BadDocument(document(namespaces: #"{"type": "mount"}"#), "linux.namespaces[1].type: mount is given twice"),
        BadDocument(
            document(namespaces: #"{"type": "pid", "path": "ns/pid"}"#),
            "linux.namespaces[1].path: 'ns/pid' is not an absolute path"
        ),
        BadDocument(
            document(linux: #""uidMappings": [{"containerID": 0, "hostID": 1, "size": 1}]"#),
            "linux.uidMappings: needs a user namespace in linux.namespaces"
        ),
        BadDocument(
            document(
                linux: #""gidMappings": [{"containerID": 0, "hostID": 1, "size": 0}]"#,
                namespaces: #"{"type": "user"}"#),
            "linux.gidMappings[0].size: is 0"
        ),
        BadDocument(
            document(
                linux: #""uidMappings": [{"containerID": 0, "hostID": 4294967290, "size": 6}]"#,
                namespaces: #"{"type": "user"}"#),
            "linux.uidMappings[0].hostID: 4294967290 and 6 ids from there go beyond the greatest id"
        ),
        BadDocument(
            document(
                linux: #"""
                    "uidMappings": [{"containerID": 5, "hostID": 1, "size": 5}, {"containerID": 0, "hostID": 10, "size": 6}]
                    """#, namespaces: #"{"type": "user"}"#),
            "linux.uidMappings[1].containerID: overlaps with that of entry 0"
        ),
        BadDocument(
            document(
                linux: #"""
                    "uidMappings": [{"containerID": 0, "hostID": 1, "size": 5}, {"containerID": 5, "hostID": 5, "size": 6}]
                    """#, namespaces: #"{"type": "user"}"#),
            "linux.uidMappings[1].hostID: overlaps with that of entry 0"
        ),
        BadDocument(
            document(linux: #""timeOffsets": {"monotonic": {"secs": 1}}"#),
            "linux.timeOffsets: needs a time namespace in linux.namespaces"
        ),
        BadDocument(
            document(
                linux: #""timeOffsets": {"monotonic": {"secs": 1}}"#,
                namespaces: #"{"type": "time", "path": "/proc/7/ns/time"}"#),
            "linux.timeOffsets: is for a new time namespace, not for the existing /proc/7/ns/time"
        ),
        BadDocument(
            document(linux: #""timeOffsets": {"realtime": {"secs": 1}}"#, namespaces: #"{"type": "time"}"#),
            "linux.timeOffsets.realtime: is a clock without an offset; monotonic and boottime have one"
        ),
        BadDocument(
            document(
                linux: #""timeOffsets": {"boottime": {"nanosecs": 1000000000}}"#, namespaces: #"{"type": "time"}"#),
            "linux.timeOffsets.boottime.nanosecs: 1000000000 is a second or more"
        ),
    ]

    static let devices: [BadDocument] = [
        BadDocument(
            document(linux: #""devices": [{"type": "x", "path": "/dev/x"}]"#),
            "linux.devices[0].type: 'x' is not one of c, b, u, p"
        ),
        BadDocument(
            document(linux: #""devices": [{"type": "p", "path": "dev/x"}]"#),
            "linux.devices[0].path: 'dev/x' is not an absolute path"
        ),
        BadDocument(
            document(linux: #""devices": [{"type": "c", "path": "/dev/x", "major": 1}]"#),
            "linux.devices[0].minor: is missing, and devices of type c need it"
        ),
        BadDocument(
            document(linux: #""devices": [{"type": "c", "path": "/dev/x", "major": 4096, "minor": 0}]"#),
            "linux.devices[0].major: 4096 is not between 0 and 4095"
        ),
        BadDocument(
            document(linux: #""netDevices": {"eth0": {}}"#),
            "linux.netDevices: needs a network namespace in linux.namespaces"
        ),
        BadDocument(
            document(linux: #""netDevices": {"eth/0": {}}"#, namespaces: #"{"type": "network"}"#),
            "linux.netDevices.eth/0: is not the name of a network device"
        ),
        BadDocument(
            document(
                linux: #""netDevices": {"eth0": {"name": "sixteen-bytes-it"}}"#, namespaces: #"{"type": "network"}"#),
            "linux.netDevices.eth0.name: 'sixteen-bytes-it' is not the name of a network device"
        ),
        BadDocument(
            document(
                linux: #""netDevices": {"eth0": {}, "eth1": {"name": "eth0"}}"#, namespaces: #"{"type": "network"}"#),
            "linux.netDevices.eth1.name: 'eth0' is the name of eth0 inside as well"
        ),
    ]

    static let limits: [BadDocument] = [
        BadDocument(
            document(linux: #""cgroupsPath": "/a/../../b""#), "linux.cgroupsPath: '/a/../../b' goes up with '..'"),
        BadDocument(
            document(linux: #""resources": {"devices": [{"allow": true, "type": "p"}]}"#),
            "linux.resources.devices[0].type: 'p' is not one of a, c, b"
        ),
        BadDocument(
            document(linux: #""resources": {"devices": [{"allow": true, "major": -2}]}"#),
            "linux.resources.devices[0].major: -2 is not the number of a device"
        ),
        BadDocument(
            document(linux: #""resources": {"devices": [{"allow": true, "access": "rx"}]}"#),
            "linux.resources.devices[0].access: 'rx' is not made of r, w and m"
        ),
        BadDocument(
            document(linux: #""resources": {"memory": {"limit": -2}}"#),
            "linux.resources.memory.limit: -2 is less than -1, which means no limit"
        ),
        BadDocument(
            document(linux: #""resources": {"memory": {"limit": 8, "swap": 7}}"#),
            "linux.resources.memory.swap: 7 is less than the limit 8, which it includes"
        ),
        BadDocument(
            document(linux: #""resources": {"memory": {"swappiness": 101}}"#),
            "linux.resources.memory.swappiness: 101 is greater than 100"
        ),
        BadDocument(
            document(linux: #""resources": {"cpu": {"quota": 5, "burst": 6}}"#),
            "linux.resources.cpu.burst: 6 is greater than the quota 5"
        ),
        BadDocument(
            document(linux: #""resources": {"cpu": {"quota": -2}}"#),
            "linux.resources.cpu.quota: -2 is less than -1, which means no limit"
        ),
        BadDocument(
            document(linux: #""resources": {"cpu": {"cpus": "0-"}}"#),
            "linux.resources.cpu.cpus: '0-' is not a list of numbers like 0-3,7"
        ),
        BadDocument(
            document(linux: #""resources": {"cpu": {"mems": "a"}}"#),
            "linux.resources.cpu.mems: 'a' is not a list of numbers like 0-3,7"
        ),
        BadDocument(
            document(linux: #""resources": {"cpu": {"idle": 2}}"#), "linux.resources.cpu.idle: 2 is neither 0 nor 1"),
        BadDocument(
            document(linux: #""resources": {"pids": {"limit": -2}}"#),
            "linux.resources.pids.limit: -2 is less than -1, which means no limit"
        ),
        BadDocument(
            document(linux: #""resources": {"blockIO": {"weight": 9}}"#),
            "linux.resources.blockIO.weight: 9 is not between 10 and 1000"
        ),
        BadDocument(
            document(linux: #""resources": {"blockIO": {"weightDevice": [{"major": 8, "minor": 0}]}}"#),
            "linux.resources.blockIO.weightDevice[0]: needs weight or leafWeight"
        ),
        BadDocument(
            document(
                linux: #""resources": {"blockIO": {"throttleReadIOPSDevice": [{"major": 8, "minor": -1, "rate": 1}]}}"#),
            "linux.resources.blockIO.throttleReadIOPSDevice[0].minor: -1 is not the number of a device"
        ),
        BadDocument(
            document(linux: #""resources": {"hugepageLimits": [{"pageSize": "2mb", "limit": 0}]}"#),
            "linux.resources.hugepageLimits[0].pageSize: '2mb' is not a size like 2MB"
        ),
        BadDocument(
            document(
                linux: #"""
                    "resources": {"hugepageLimits": [{"pageSize": "2MB", "limit": 0}, {"pageSize": "2MB", "limit": 1}]}
                    """#), "linux.resources.hugepageLimits[1].pageSize: '2MB' is given twice"
        ),
        BadDocument(
            document(linux: #""resources": {"network": {"priorities": [{"name": "", "priority": 1}]}}"#),
            "linux.resources.network.priorities[0].name: is empty"
        ),
        BadDocument(
            document(linux: #""resources": {"rdma": {"mlx5_1": {}}}"#),
            "linux.resources.rdma.mlx5_1: needs hcaHandles or hcaObjects"
        ),
        BadDocument(
            document(linux: #""resources": {"unified": {"../cgroup.procs": "1"}}"#),
            "linux.resources.unified.../cgroup.procs: is not the name of a file of a cgroup"
        ),
    ]

    static let linux: [BadDocument] = [
        BadDocument(
            document(linux: #""rootfsPropagation": "public""#),
            "linux.rootfsPropagation: 'public' is not one of shared, slave, private, unbindable, rshared, rslave, "
                + "rprivate, runbindable"
        ),
        BadDocument(
            document(linux: #""maskedPaths": ["/a", "b"]"#), "linux.maskedPaths[1]: 'b' is not an absolute path"),
        BadDocument(document(linux: #""readonlyPaths": ["b"]"#), "linux.readonlyPaths[0]: 'b' is not an absolute path"),
        BadDocument(
            #"{"ociVersion": "1.0.0", "root": {"path": "r"}, "linux": {"maskedPaths": ["/a"]}}"#,
            "linux.maskedPaths: needs a mount namespace in linux.namespaces"
        ),
        BadDocument(
            document(linux: #""sysctl": {"net.ipv4.ip_forward": "1"}"#),
            "linux.sysctl.net.ipv4.ip_forward: needs a namespace of type network in linux.namespaces"
        ),
        BadDocument(
            document(linux: #""sysctl": {"fs.mqueue.queues_max": "1"}"#),
            "linux.sysctl.fs.mqueue.queues_max: needs a namespace of type ipc in linux.namespaces"
        ),
        BadDocument(
            document(linux: #""sysctl": {"kernel/shmmax": "1"}"#),
            "linux.sysctl.kernel/shmmax: needs a namespace of type ipc in linux.namespaces"
        ),
        BadDocument(
            document(linux: #""sysctl": {"kernel.domainname": "x"}"#),
            "linux.sysctl.kernel.domainname: needs a namespace of type uts in linux.namespaces"
        ),
        BadDocument(
            document(linux: #""sysctl": {"kernel.hostname": "x"}"#, namespaces: #"{"type": "uts"}"#),
            "linux.sysctl.kernel.hostname: is what the member hostname is for"
        ),
        BadDocument(
            document(linux: #""sysctl": {"kernel.core_pattern": "|/x"}"#),
            "linux.sysctl.kernel.core_pattern: belongs to the whole host, not to a namespace"
        ),
        BadDocument(
            document(linux: #""sysctl": {"net/../kernel/core_pattern": "|/x"}"#, namespaces: #"{"type": "network"}"#),
            "linux.sysctl.net/../kernel/core_pattern: is not the name of a kernel parameter"
        ),
        BadDocument(
            document(linux: #""personality": {"domain": "BSD"}"#),
            "linux.personality.domain: 'BSD' is not one of LINUX, LINUX32"
        ),
        BadDocument(
            document(linux: #""personality": {"domain": "LINUX", "flags": ["ADDR_NO_RANDOMIZE"]}"#),
            "linux.personality.flags: is not empty, and the specification knows no flags yet"
        ),
        BadDocument(
            document(linux: #""memoryPolicy": {"mode": "MPOL_FUN"}"#),
            "linux.memoryPolicy.mode: 'MPOL_FUN' is not one of MPOL_DEFAULT, MPOL_BIND, MPOL_INTERLEAVE, "
                + "MPOL_WEIGHTED_INTERLEAVE, MPOL_PREFERRED, MPOL_PREFERRED_MANY, MPOL_LOCAL"
        ),
        BadDocument(
            document(linux: #""memoryPolicy": {"mode": "MPOL_BIND"}"#),
            "linux.memoryPolicy.nodes: is missing, and MPOL_BIND needs at least one node"
        ),
        BadDocument(
            document(linux: #""memoryPolicy": {"mode": "MPOL_LOCAL", "nodes": "0"}"#),
            "linux.memoryPolicy.nodes: MPOL_LOCAL takes no nodes"
        ),
        BadDocument(
            document(linux: #""memoryPolicy": {"mode": "MPOL_BIND", "nodes": "0;1"}"#),
            "linux.memoryPolicy.nodes: '0;1' is not a list of numbers like 0-3,7"
        ),
        BadDocument(
            document(linux: #""memoryPolicy": {"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_FUN"]}"#),
            "linux.memoryPolicy.flags[0]: 'MPOL_F_FUN' is not one of MPOL_F_NUMA_BALANCING, MPOL_F_RELATIVE_NODES, "
                + "MPOL_F_STATIC_NODES"
        ),
        BadDocument(
            document(
                linux: #"""
                    "memoryPolicy": {"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_RELATIVE_NODES", "MPOL_F_STATIC_NODES"]}
                    """#),
            "linux.memoryPolicy.flags: MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other"
        ),
        BadDocument(
            document(linux: #""intelRdt": {"closID": "../x"}"#),
            "linux.intelRdt.closID: '../x' is not the name of a directory"
        ),
        BadDocument(
            document(linux: #""intelRdt": {"memBwSchema": "L3:0=f"}"#),
            "linux.intelRdt.memBwSchema: does not begin with MB:"
        ),
        BadDocument(
            document(linux: #""intelRdt": {"schemata": ["MB:0=20", "L3:0=f\nL3:1=f"]}"#),
            "linux.intelRdt.schemata[1]: is more than one line"
        ),
    ]

    static let seccomp: [BadDocument] = [
        BadDocument(
            document(linux: #""seccomp": {"defaultAction": "SCMP_ACT_NOTIFY"}"#),
            "linux.seccomp.defaultAction: cannot be SCMP_ACT_NOTIFY: the runtime itself would wait for an answer"
        ),
        BadDocument(
            document(linux: #""seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "defaultErrnoRet": 1}"#),
            "linux.seccomp.defaultErrnoRet: means nothing to SCMP_ACT_ALLOW"
        ),
        BadDocument(
            document(linux: #""seccomp": {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 4096}"#),
            "linux.seccomp.defaultErrnoRet: 4096 is greater than 4095"
        ),
        BadDocument(
            document(linux: #""seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_FUN"]}"#),
            "linux.seccomp.flags[0]: 'SECCOMP_FILTER_FLAG_FUN' is not one of SECCOMP_FILTER_FLAG_TSYNC, "
                + "SECCOMP_FILTER_FLAG_LOG, SECCOMP_FILTER_FLAG_SPEC_ALLOW, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"
        ),
        BadDocument(
            document(
                linux: #"""
                    "seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": [], "action": "SCMP_ACT_KILL"}]}
                    """#), "linux.seccomp.syscalls[0].names: is empty"
        ),
        BadDocument(
            document(
                linux: #"""
                    "seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
                        {"names": ["a"], "action": "SCMP_ACT_KILL", "errnoRet": 1}]}
                    """#), "linux.seccomp.syscalls[0].errnoRet: means nothing to SCMP_ACT_KILL"
        ),
        BadDocument(
            document(
                linux: #"""
                    "seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
                        {"names": ["a"], "action": "SCMP_ACT_KILL", "args": [{"index": 6, "value": 0, "op": "SCMP_CMP_EQ"}]}]}
                    """#), "linux.seccomp.syscalls[0].args[0].index: 6 is greater than 5, the last argument's"
        ),
        BadDocument(
            document(
                linux: #"""
                    "seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["a"], "action": "SCMP_ACT_NOTIFY"}]}
                    """#), "linux.seccomp.listenerPath: is missing, and SCMP_ACT_NOTIFY needs it"
        ),
        BadDocument(
            document(
                linux: #"""
                    "seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/s", "syscalls": [
                        {"names": ["read", "write"], "action": "SCMP_ACT_NOTIFY"}]}
                    """#),
            "linux.seccomp.syscalls[0].names[1]: cannot be SCMP_ACT_NOTIFY: the runtime needs it itself"
        ),
        BadDocument(
            document(linux: #""seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "listenerMetadata": "x"}"#),
            "linux.seccomp.listenerMetadata: needs listenerPath"
        ),
        BadDocument(
            document(linux: #""seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "s"}"#),
            "linux.seccomp.listenerPath: 's' is not an absolute path"
        ),
    ]
}
