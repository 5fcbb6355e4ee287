@testable import Machines

/// What is done in the systemd guest by engines above isolab-runtime that have systemd make their containers' cgroups, as they do on
/// every distribution: podman of root and of an ordinary user, and a Docker Engine.
enum SystemdEngineScripts {
    static func add(to tree: GuestTree) throws {
        try tree.write(podman, to: "/checks/podman", mode: 0o755)
        try tree.write(podmanOfAUser, to: "/checks/user-podman", mode: 0o755)
        try tree.write(docker, to: "/checks/docker", mode: 0o755)
    }

    private static let podman = """
        #!/bin/sh
        mkdir -p /tmp/podman/image/bin /tmp/podman/image/proc /tmp/podman/image/sys /tmp/podman/image/dev
        cp /bin/busybox /tmp/podman/image/bin/
        ln -s busybox /tmp/podman/image/bin/sh
        ln -s busybox /tmp/podman/image/bin/cat
        ln -s busybox /tmp/podman/image/bin/sleep
        tar -C /tmp/podman/image -cf /tmp/podman/image.tar .
        engine() {
            podman --root /tmp/podman/storage --runroot /tmp/podman/run --tmpdir /tmp/podman/tmp --storage-driver vfs \\
                --cgroup-manager systemd --events-backend none --log-level error \\
                --runtime /usr/local/bin/isolab-runtime "$@"
        }
        limits='--ulimit nofile=1024:1024 --ulimit nproc=1024:1024'
        engine import -q /tmp/podman/image.tar checks > /dev/null || exit
        engine run -d --name one $limits --log-driver none --network none --memory 64m --pids-limit 20 checks sleep 1000 \\
            > /tmp/podman/id || exit
        unit=libpod-$(cat /tmp/podman/id).scope
        for name in ActiveState Slice MemoryMax TasksMax; do systemctl show "$unit" -p $name; done
        engine exec one sh -c 'cat /sys/fs/cgroup/memory.max; exit 3'
        echo "exec $?"
        engine rm -f -t 0 one > /dev/null
        echo "removed $?"
        systemctl is-active "$unit"

        """

    /// In a session, as from a login: podman's own user namespace, and a scope of that user's systemd.
    private static let podmanOfAUser = """
        #!/bin/sh
        cd "$HOME"
        engine() {
            podman --storage-driver vfs --cgroup-manager systemd --events-backend none --log-level error \\
                --runtime /usr/local/bin/isolab-runtime "$@"
        }
        limits='--ulimit nofile=1024:1024 --ulimit nproc=1024:1024'
        engine import -q /tmp/podman/image.tar checks > /dev/null || exit
        id=$(engine run -d $limits --log-driver none --network none --memory 64m --pids-limit 20 checks sleep 1000) || exit
        unit=libpod-$id.scope
        for name in ActiveState Slice MemoryMax TasksMax; do systemctl --user show "$unit" -p $name; done
        engine exec "$id" sh -c 'cat /sys/fs/cgroup/memory.max; exit 3'
        echo "exec $?"
        engine rm -f -t 0 "$id" > /dev/null
        echo "removed $?"
        systemctl --user is-active "$unit"

        """

    private static let docker = """
        #!/bin/sh
        place=/var/lib/isolab/docker
        mkdir -p $place
        dockerd --host unix://$place/socket --data-root $place/data --exec-root $place/exec --pidfile $place/pid \\
            --iptables=false --ip6tables=false --bridge=none --storage-driver=vfs \\
            --exec-opt native.cgroupdriver=systemd \\
            --add-runtime isolab=/usr/local/bin/isolab-runtime --default-runtime isolab > $place/log 2>&1 & daemon=$!
        engine() { docker --host unix://$place/socket "$@"; }
        for try in $(seq 300); do engine version > /dev/null 2>&1 && break; sleep 0.2; done
        engine info --format '{{.CgroupDriver}} {{.CgroupVersion}} {{.DefaultRuntime}}'
        engine import - checks < /tmp/podman/image.tar > /dev/null || tail -n 5 $place/log
        id=$(engine run -d --network none --memory 64m --memory-swap 64m --pids-limit 20 checks sleep 1000) \\
            || tail -n 5 $place/log
        unit=docker-$id.scope
        for name in ActiveState Slice MemoryMax TasksMax; do systemctl show "$unit" -p $name; done
        engine exec "$id" sh -c 'cat /sys/fs/cgroup/memory.max; exit 3'
        echo "exec $?"
        engine update --memory 32m --memory-swap 32m "$id" > /dev/null
        echo "updated $?"
        systemctl show "$unit" -p MemoryMax
        engine rm -f "$id" > /dev/null
        echo "removed $?"
        systemctl is-active "$unit"
        kill $daemon
        wait $daemon

        """
}
