@testable import Machines

/// What is done in the systemd guest with containers whose cgroups systemd makes, by isolab-runtime alone: for root and for an
/// ordinary user.
enum SystemdScopeScripts {
    static func add(to tree: GuestTree) throws {
        try tree.write(scope, to: "/checks/scope", mode: 0o755)
        try tree.write(killedMaker, to: "/checks/killed-maker", mode: 0o755)
        try tree.write(ordinaryUser, to: "/checks/user-scope", mode: 0o755)
        try SystemdEngineScripts.add(to: tree)
        try tree.write(configuration(), to: "/checks/scope.json")
        try tree.write(
            configuration(
                namespaces: #", {"type": "user"}"#,
                mappings: """
                    "uidMappings": [{"containerID": 0, "hostID": 1000, "size": 1}],
                    "gidMappings": [{"containerID": 0, "hostID": 1000, "size": 1}],
                    """), to: "/checks/user-scope.json")
    }

    /// The part of the script that systemd starts.
    static let sections = """
        section scope timeout -s KILL 240 /checks/scope
        section 'killed maker' timeout -s KILL 240 /checks/killed-maker
        section "a user's scope" as_user /checks/user-scope
        section podman timeout -s KILL 240 /checks/podman
        section "a user's podman" as_user /checks/user-podman
        section docker timeout -s KILL 240 /checks/docker

        """

    private static let beginning = """
        #!/bin/sh
        place=$(mktemp -d /tmp/scopes.XXXXXX)
        mkdir -p "$place/bundle/rootfs/bin"
        cd "$place"
        cp /bin/busybox bundle/rootfs/bin/
        runtime() { /usr/local/bin/isolab-runtime --systemd-cgroup --root "$place/containers" "$@"; }
        status() { runtime state "$1" | sed -n 's/.*"status": *"\\([a-z]*\\)".*/\\1/p'; }
        make() { sed "s,@PLACE@,$1,;s,@HOOK@,$2,;s,@PIDS@,${3:-20}," /checks/scope.json > bundle/config.json; }
        ended() { for try in $(seq 300); do [ "$(status "$1")" = stopped ] && break; sleep 0.1; done; status "$1"; }

        """

    /// Limits are systemd's as well as the kernel's, and stay when it looks at everything anew; what changes in life does, too.
    private static let scope =
        beginning + """
            make checks-deep.slice:isolab:one /bin/true
            runtime create --bundle bundle --pid-file pid one
            status one
            group=$(sed -n 's/^0:://p' "/proc/$(cat pid)/cgroup")
            echo "cgroup $group"
            runtime start one
            show() { systemctl show isolab-one.scope -p "$1"; }
            for name in ActiveState Slice Delegate MemoryMax CPUQuotaPerSecUSec TasksMax TimeoutStopUSec Description; do
                show $name
            done
            echo "members $(wc -l < /sys/fs/cgroup$group/cgroup.procs)"
            limits() { (cd "/sys/fs/cgroup$group" && cat memory.max cpu.max pids.max | tr '\\n' ' '); echo; }
            limits
            probe='[ -e /dev/k ] || /bin/busybox mknod /dev/k c 1 11
                /bin/busybox head -c 1 /dev/k > /dev/null 2>&1; echo "kmsg $?"
                /bin/busybox head -c 1 /dev/null; echo "null $?"'
            runtime exec one /bin/busybox sh -c "$probe"
            systemctl daemon-reload
            echo 'reloaded'
            limits
            runtime exec one /bin/busybox sh -c "$probe"
            echo "joined $(runtime exec one /bin/busybox cat /proc/self/cgroup | sed -n 's/^0:://p')"
            runtime update --memory 33554432 --pids-limit 10 --cpu-quota 20000 --cpu-period 100000 one
            limits
            show MemoryMax
            systemctl daemon-reload
            limits
            runtime create --bundle bundle two > refusal 2>&1; echo "a second one $?"
            grep -c 'isolab-one.scope' refusal
            status one
            runtime pause one
            status one
            runtime resume one
            runtime kill one KILL
            ended one
            runtime delete one
            systemctl is-active isolab-one.scope
            echo "$(ls -d "/sys/fs/cgroup$group" 2>/dev/null | wc -l) left"

            make :isolab:single /bin/true 1
            runtime create --bundle bundle --pid-file pid single && runtime start single
            cat "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$(cat pid)/cgroup")/pids.max"
            for name in Slice TasksMax; do systemctl show isolab-single.scope -p $name; done
            runtime delete --force single
            systemctl is-active isolab-single.scope

            """

    /// The runtime killed by a hook of its container's while the scope is there: systemd ends it, and deletion frees the rest.
    private static let killedMaker =
        beginning + """
            make :isolab:orphan /checks/kill-parent
            printf '#!/bin/sh\\nsystemctl is-active isolab-orphan.scope > %s/before\\nkill -KILL $PPID\\n' "$place" \\
                > /checks/kill-parent
            chmod 755 /checks/kill-parent
            runtime create --bundle bundle orphan
            echo "created $?"
            cat before
            for try in $(seq 100); do [ "$(systemctl is-active isolab-orphan.scope)" = active ] || break; sleep 0.1; done
            systemctl is-active isolab-orphan.scope
            runtime delete --force orphan
            echo "deleted $? $(ls containers | wc -l)"
            make :isolab:orphan /bin/true
            runtime create --bundle bundle orphan && status orphan
            runtime delete --force orphan

            """

    /// From a session, which is no place of his own systemd's: the runtime has to get there first.
    private static let ordinaryUser =
        beginning.replacing("/checks/scope.json", with: "/checks/user-scope.json") + """
            make :isolab:mine /bin/true
            echo "from $(sed -n 's/^0:://p' /proc/self/cgroup)"
            runtime create --bundle bundle --pid-file pid mine
            runtime start mine
            group=$(sed -n 's/^0:://p' "/proc/$(cat pid)/cgroup")
            echo "cgroup $group"
            for name in ActiveState MemoryMax; do systemctl --user show isolab-mine.scope -p $name; done
            limits() { (cd "/sys/fs/cgroup$group" && cat memory.max cpu.max pids.max | tr '\\n' ' '); echo; }
            limits
            systemctl --user daemon-reload
            limits
            runtime exec mine /bin/busybox echo joined
            runtime update --memory 33554432 mine
            limits
            runtime kill mine KILL
            ended mine
            runtime delete mine
            systemctl --user is-active isolab-mine.scope
            echo "$(systemctl --user list-units --no-legend 'isolab-*' | wc -l) left"

            """

    private static func configuration(namespaces: String = "", mappings: String = "") -> String {
        """
        {
          "ociVersion": "1.2.0",
          "process": {"args": ["/bin/busybox", "sleep", "1000"], "cwd": "/", "env": ["PATH=/bin"],
            "user": {"uid": 0, "gid": 0}, "capabilities": {"bounding": ["CAP_MKNOD"], "effective": ["CAP_MKNOD"],
              "permitted": ["CAP_MKNOD"]}},
          "root": {"path": "rootfs"},
          "hooks": {"createRuntime": [{"path": "@HOOK@"}]},
          "annotations": {"org.systemd.property.TimeoutStopUSec": "uint64 7000000"},
          "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs"}
          ],
          "linux": {
            "cgroupsPath": "@PLACE@", \(mappings)
            "resources": {"memory": {"limit": 67108864}, "cpu": {"quota": 50000, "period": 100000},
              "pids": {"limit": @PIDS@}},
            "namespaces": [{"type": "pid"}, {"type": "mount"}, {"type": "ipc"}, {"type": "uts"}\(namespaces)]
          }
        }

        """
    }
}
