@testable import Machines

/// What systemd starts in the guest, and what it does there.
enum SystemdScripts {
    static func add(to tree: GuestTree) throws {
        // An identity from the start: without, this would be a first boot that asks its questions.
        try tree.write("0123456789abcdef0123456789abcdef\n", to: "/etc/machine-id")
        try tree.write("checks\n", to: "/etc/hostname")
        // Where a file system of its own will be mounted.
        try tree.write("", to: "/var/lib/isolab/.nothing")
        try tree.write(target, to: "/etc/systemd/system/checks.target")
        try tree.write(service, to: "/etc/systemd/system/checks.service")
        try tree.write("#!/bin/sh\n" + ConsoleReport.script + checks, to: "/checks/run", mode: 0o755)
        try tree.write(lifeCycle, to: "/checks/life-cycle", mode: 0o755)
        try tree.write(configuration, to: "/checks/config.json")
        try SystemdScopeScripts.add(to: tree)
    }

    private static let target = """
        [Unit]
        Requires=basic.target dbus.socket
        Wants=systemd-logind.service checks.service
        After=basic.target dbus.socket

        """

    private static let service = """
        [Unit]
        After=basic.target dbus.socket systemd-logind.service
        [Service]
        Type=oneshot
        TimeoutStartSec=infinity
        ExecStart=/checks/run
        ExecStopPost=/bin/systemctl --force --force reboot
        StandardOutput=file:/dev/ttyS0
        StandardError=inherit
        Environment=HOME=/root NO_COLOR=1 SWIFT_BACKTRACE=enable=no

        """

    /// Each command bounded, so that one that hangs is told from what follows it.
    private static let checks =
        before + SystemdScopeScripts.sections + after

    private static let before = """
        isolab() { timeout -s KILL 240 /usr/local/bin/isolab "$@"; }
        versions() {
            echo "init $(cat /proc/1/comm)"
            echo "cgroups $(stat -f -c %T /sys/fs/cgroup)"
            dpkg-query -W systemd qemu-system-x86 libvirt-daemon-driver-qemu
        }
        section versions versions
        # Overlays cannot lie on another overlay's upper layer, which the root here has.
        mount -t tmpfs images /var/lib/isolab
        mount -t tmpfs homes /home
        section doctor isolab doctor
        section image isolab image bootstrap busybox
        section 'life cycle' timeout 240 systemd-run --quiet --scope --unit engine -p Delegate=yes /checks/life-cycle

        values='cd /sys/fs/cgroup; cat memory.max cpu.max pids.max'
        read='exec dd if=/dev/zero of=/dev/null bs=150M count=1'
        limits() {
            isolab run --rm --name limits --memory 64m --cpus 0.5 --pids-limit 20 busybox sh -c \\
                "$values; sleep 1000" > /tmp/limits &
            for try in $(seq 300); do [ "$(wc -l < /tmp/limits)" = 3 ] && break; sleep 0.2; done
            cat /tmp/limits
            systemctl daemon-reload
            group=$(dirname "$(grep -lx 67108864 /sys/fs/cgroup/isolab/*/memory.max)")
            echo "after a reload $(cat "$group/memory.max")"
            echo 1 > "$group/cgroup.kill"
            wait
        }
        section limits limits
        section 'memory limit' isolab run --rm --memory 64m busybox sh -c "$read"

        useradd --create-home --uid 1000 tester
        loginctl enable-linger tester
        for try in $(seq 300); do [ -S /run/user/1000/bus ] && break; sleep 0.1; done
        as_user() {
            setpriv --reuid 1000 --regid 1000 --init-groups env HOME=/home/tester USER=tester \\
                XDG_RUNTIME_DIR=/run/user/1000 DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus \\
                timeout -s KILL 240 "$@"
        }
        limited='/usr/local/bin/isolab run --rm --memory 64m --cpus 0.5 --pids-limit 20 busybox sh -c'
        section "a user's image" as_user /usr/local/bin/isolab image bootstrap busybox
        section 'nothing delegated' as_user $limited "$values"
        section 'nothing delegated, memory limit' as_user $limited "$read"
        joined() {
            as_user ${limited%busybox*} --name joined busybox sleep 1000 & run=$!
            for try in $(seq 100); do as_user /usr/local/bin/isolab ps -q | grep -q . && break; sleep 0.2; done
            as_user /usr/local/bin/isolab exec joined cat /sys/fs/cgroup/pids.max
            as_user /usr/local/bin/isolab rm -f joined > /dev/null
            wait $run
        }
        section 'nothing delegated, exec' joined
        mkdir -m 700 /tmp/alone
        chown tester /tmp/alone
        section 'no systemd of his own' as_user env XDG_RUNTIME_DIR=/tmp/alone XDG_DATA_HOME=/home/tester/.local/share \
            DBUS_SESSION_BUS_ADDRESS= $limited "$values"
        own='systemd-run --user --quiet --scope -p Delegate=yes'
        section 'scope of his own' as_user $own $limited "$values"
        section 'scope of his own, memory limit' as_user $own $limited "$read"
        systems='systemd-run --quiet --pipe --wait --collect -p Delegate=yes --uid 1000 -E HOME=/home/tester'
        section 'service of the system' timeout -s KILL 240 $systems $limited "$values"
        section 'service of the system, memory limit' timeout -s KILL 240 $systems $limited "$read"


        """

    private static let after = """
        section machined busctl call org.freedesktop.machine1 /org/freedesktop/machine1 \\
            org.freedesktop.machine1.Manager ListMachines
        # Where QEMU is meanwhile, as often as a slow host lets one look.
        watch() {
            while :; do
                for pid in $(pgrep qemu-system); do sed -n 's/^0::/QEMU in /p' "/proc/$pid/cgroup" 2> /dev/null; done
                sleep 0.2
            done
        }
        watch > /tmp/places & watcher=$!
        # libvirt asks the emulator first, which alone takes minutes on a slow host; what still runs then is told.
        guest() {
            (sleep 240; ps -eo pid,stat,etimes,time,wchan:20,args | grep -v '[]]$' | tail -n 25) & teller=$!
            timeout -s INT --kill-after=30 500 /usr/local/bin/isolab launch --deadline 200 "$1"
            status=$?
            kill $teller 2> /dev/null
            return $status
        }
        for lane in vm-micro vm; do section "launch $lane" guest "$lane"; done
        kill $watcher
        section 'places of QEMU' sort -u /tmp/places
        left() {
            isolab doctor --clean
            echo "$(ls -d /sys/fs/cgroup/isolab/*/ 2>/dev/null | wc -l) cgroups"
            echo "$(pgrep -c qemu-system) guests"
        }
        section 'what is left' left
        echo '== end'
        sync

        """

    /// As an engine in a scope of its own does it: itself in a leaf, its containers beside it.
    private static let lifeCycle = """
        #!/bin/sh
        set -e
        own=$(sed -n 's/^0:://p' /proc/self/cgroup)
        scope=/sys/fs/cgroup$own
        mkdir "$scope/engine" /tmp/bundle /tmp/bundle/rootfs /tmp/bundle/rootfs/bin
        echo $$ > "$scope/engine/cgroup.procs"
        cp /bin/busybox /tmp/bundle/rootfs/bin/
        sed "s,@CGROUP@,$own/container," /checks/config.json > /tmp/bundle/config.json
        cd /tmp
        runtime() { /usr/local/bin/isolab-runtime --root /tmp/containers "$@"; }
        status() { runtime state c1 | sed -n 's/.*"status": *"\\([a-z]*\\)".*/\\1/p'; }
        runtime create --bundle /tmp/bundle --pid-file /tmp/pid c1
        status
        runtime start c1
        status
        echo "cgroup $(sed -n 's,^0::.*/\\(engine.scope/.*\\),\\1,p' "/proc/$(cat pid)/cgroup")"
        cat "$scope/container/memory.max" "$scope/container/cpu.max"
        runtime pause c1
        status
        runtime resume c1
        runtime kill c1 KILL
        for try in $(seq 300); do [ "$(status)" = stopped ] && break; sleep 0.1; done
        status
        runtime delete c1
        echo "$(ls -d "$scope/container" 2>/dev/null | wc -l) left"

        """

    private static let configuration = """
        {
          "ociVersion": "1.2.0",
          "process": {"args": ["/bin/busybox", "sleep", "1000"], "cwd": "/", "env": ["PATH=/bin"]},
          "root": {"path": "rootfs"},
          "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs"}
          ],
          "linux": {
            "cgroupsPath": "@CGROUP@",
            "resources": {"memory": {"limit": 67108864}, "cpu": {"quota": 50000, "period": 100000}},
            "namespaces": [{"type": "pid"}, {"type": "mount"}, {"type": "ipc"}, {"type": "uts"}, {"type": "cgroup"}]
          }
        }

        """
}
